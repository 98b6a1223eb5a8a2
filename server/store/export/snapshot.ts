/**
 * Reads everything in the database for an export, as it is at one moment: two connections of their own with open read
 * transactions, so that recording goes on meanwhile. Rows are ordered by time and read in chunks, so that memory stays bounded.
 */
import type { EventTypeName } from "../../../shared/schema/events.ts";
import { type FieldName, fieldNames } from "../../../shared/schema/fields.ts";
import { nested } from "../../../shared/schema/payload-layout.ts";
import { dimensionFields, dimensionsOf } from "../columns.ts";
import { openForReading } from "../database.ts";
import type { Connection, Row, Statement } from "../driver/driver.ts";
import { EventReader, type StoredEvent } from "../events/read.ts";
import { mergedRows } from "../rollups/rollups.ts";
import { bucketText, grainNames } from "./buckets.ts";
import type { ExportRow } from "./document.ts";

/** Rows per chunk: about a millisecond, and few enough not to show in the memory of an export. */
const rowsPerChunk = 100;

/** Where imported rows come from. */
export interface Origin {
  readonly id: number;
  /** Digest of the installation that recorded them. */
  readonly name: string;
  /** When it exported them, in milliseconds since 1970. */
  readonly asOfMs: number;
  /** The agent whose files the rows come from. */
  readonly agent: string | undefined;
}

/** Returns the public form of a stored event: the envelope of the analytics design, section 3.1. */
export function envelopeOf({ id, type, source, seq, tsMs, utcOffsetMin, session, payload }: StoredEvent) {
  const { product, version, os, arch, runtimeVersion } = session;
  return {
    schema_version: "1.0.0",
    event_id: id,
    event_type: type,
    timestamp: new Date(tsMs).toISOString(),
    utc_offset_min: utcOffsetMin,
    source: { product, version, tier: "oss", os, arch, runtime_version: runtimeVersion, channel: source },
    session: { id: session.id, sequence: seq, started_at: new Date(session.startedMs).toISOString() },
    payload: nested(type, payload),
  };
}

/** The row of a CSV file: one column per field. */
function flatEvent({ id, type, source, seq, tsMs, utcOffsetMin, session, payload }: StoredEvent): ExportRow {
  const { product, version, os, arch, runtimeVersion, startedMs } = session;
  const lists = fieldNames.map((name) => [name, payload[name]] as const);
  const flat = lists.map(([name, value]) => [`${name}`, Array.isArray(value) ? value.join(" ") : value] as const);
  return {
    event_id: id,
    event_type: type,
    timestamp: new Date(tsMs).toISOString(),
    utc_offset_min: utcOffsetMin,
    session_id: session.id,
    session_started_at: new Date(startedMs).toISOString(),
    sequence: seq,
    channel: source,
    recorder: product,
    recorder_version: version,
    recorder_os: os,
    recorder_arch: arch,
    recorder_runtime: runtimeVersion,
    ...Object.fromEntries(flat),
  };
}

export const eventColumns: readonly string[] = [
  "event_id",
  "event_type",
  "timestamp",
  "utc_offset_min",
  "session_id",
  "session_started_at",
  "sequence",
  "channel",
  "recorder",
  "recorder_version",
  "recorder_os",
  "recorder_arch",
  "recorder_runtime",
  "origin",
  ...fieldNames,
];

export const sessionColumns: readonly string[] = [
  "session_id",
  "started_at",
  "ended_at",
  "duration_ms",
  "commands_executed",
  "workspaces_created",
  "tasks_completed",
  "errors_encountered",
  "product",
  "version",
  "os",
  "arch",
  "runtime_version",
  "own_commands_only",
  "sources",
  "origin",
];

export const totalColumns: readonly string[] = [
  "grain",
  "bucket",
  "event_type",
  "source",
  ...dimensionFields,
  "count",
  "duration_count",
  "duration_sum",
  "duration_min",
  "duration_max",
  "duration_sketch",
  "numbers",
  "origin",
];

export class ExportSnapshot {
  /** Iterates, which keeps a connection busy. */
  readonly #rows: Connection;
  /** Looks up what the rows refer to. */
  readonly #lookup: Connection;
  readonly #events: EventReader;
  readonly origins: readonly Origin[];
  readonly #originNames: ReadonlyMap<number, string>;

  private constructor(rows: Connection, lookup: Connection) {
    this.#rows = rows;
    this.#lookup = lookup;
    // A transaction reads from the moment of its first statement. The rows come first: what they refer to is there.
    for (const connection of [rows, lookup]) {
      // The driver's 16 MB per connection, and as much for sorting, would be most of the memory of an export.
      connection.exec("PRAGMA cache_size = -500; BEGIN");
      connection.prepare("SELECT count(*) FROM sqlite_schema").get();
    }
    this.#events = new EventReader(lookup);
    this.origins = lookup
      .prepare("SELECT id, name, as_of, agent FROM origins WHERE complete = 1 ORDER BY id")
      .all()
      .map((row) => ({
        id: Number(row["id"]),
        name: String(row["name"]),
        asOfMs: Number(row["as_of"]),
        agent: row["agent"] === null ? undefined : String(row["agent"]),
      }));
    this.#originNames = new Map(this.origins.map(({ id, name }) => [id, name]));
  }

  /** Returns `undefined` if there is no database. It must have the current schema. @throws SQLite's error. */
  static open(file: string): ExportSnapshot | undefined {
    const rows = openForReading(file);
    const lookup = openForReading(file);
    return rows === undefined || lookup === undefined ? undefined : new ExportSnapshot(rows, lookup);
  }

  close(): void {
    for (const connection of [this.#rows, this.#lookup]) connection.close();
  }

  count(table: "events" | "sessions" | "rollups"): number {
    return Number(this.#lookup.prepare(`SELECT count(*) n FROM ${table}`).get()?.["n"]);
  }

  #originOf(id: unknown): { readonly origin?: string } {
    const name = this.#originNames.get(Number(id));
    return name === undefined ? {} : { origin: name };
  }

  /** Events in the order of their time; `form`: nested as in the envelope, or one key per field. */
  *events(form: "nested" | "flat"): Iterable<readonly ExportRow[]> {
    const ordered = this.#rows.prepare("SELECT id FROM events ORDER BY ts, id");
    const origin = this.#lookup.prepare(
      "SELECT d.origin FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE e.id = ?",
    );
    const hasOrigins = this.origins.length > 0;
    yield* chunks(ordered, (row) => {
      const event = this.#events.at(Number(row["id"]));
      if (event === undefined) return undefined;
      const from = hasOrigins ? this.#originOf(origin.get(event.key)?.["origin"]) : {};
      return { ...(form === "flat" ? flatEvent(event) : envelopeOf(event)), ...from };
    });
  }

  *sessions(): Iterable<readonly ExportRow[]> {
    const streams = this.#lookup.prepare(
      "SELECT source, first_seq, last_seq, received FROM streams WHERE session = ? ORDER BY source",
    );
    yield* chunks(this.#rows.prepare("SELECT * FROM sessions ORDER BY started_at, id"), (row) => ({
      // The ID of an expired session is deleted with its events.
      session_id: String(row["session_id"]).startsWith("expired-") ? null : row["session_id"],
      started_at: new Date(Number(row["started_at"])).toISOString(),
      ended_at: new Date(Number(row["ended_at"])).toISOString(),
      duration_ms: row["duration_ms"],
      commands_executed: row["commands_executed"],
      workspaces_created: row["workspaces_created"],
      tasks_completed: row["tasks_completed"],
      errors_encountered: row["errors_encountered"],
      product: row["product"],
      version: row["version"],
      os: row["os"],
      arch: row["arch"],
      runtime_version: row["runtime_version"],
      own_commands_only: row["own"] === 1,
      sources: streams.all(row["id"] ?? null),
      ...this.#originOf(row["origin"]),
    }));
  }

  /** Hours, then days, then months. Days and months that are not over yet have only hours. */
  *totals(): Iterable<readonly ExportRow[]> {
    const dimensions = this.#lookup.prepare("SELECT * FROM dimensions WHERE id = ?");
    const ordered = this.#rows.prepare("SELECT * FROM rollups ORDER BY grain, bucket, dimensions");
    let pending: ExportRow[] = [];
    for (const row of mergedRows(ordered.iterate())) {
      pending.push(this.#total(row, dimensions.get(row["dimensions"] ?? null) ?? {}));
      if (pending.length < rowsPerChunk) continue;
      yield pending;
      pending = [];
    }
    yield pending;
  }

  #total(row: Row, dimensions: Row): ExportRow {
    const { grain, bucket, numbers, dimensions: _, ...measures } = row;
    return {
      grain: grainNames[Number(grain)],
      bucket: bucketText(Number(grain), Number(bucket)),
      event_type: dimensions["event_type"] as EventTypeName,
      source: dimensions["source"],
      ...(dimensionsOf(dimensions) as Readonly<Partial<Record<FieldName, unknown>>>),
      ...measures,
      ...(typeof numbers === "string" ? { numbers: JSON.parse(numbers) } : {}),
      ...this.#originOf(dimensions["origin"]),
    };
  }
}

function* chunks(statement: Statement, convert: (row: Row) => ExportRow | undefined): Iterable<readonly ExportRow[]> {
  let chunk: ExportRow[] = [];
  for (const row of statement.iterate()) {
    const converted = convert(row);
    if (converted !== undefined) chunk.push(converted);
    if (chunk.length < rowsPerChunk) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}
