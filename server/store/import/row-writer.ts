/**
 * Writes the rows of an export under their origin. Events add nothing to totals if the export has totals: those reach back further
 * than the events. Call each method in a transaction.
 */
import { randomUUID } from "node:crypto";
import type { EventTypeName } from "../../../shared/schema/events.ts";
import type { FieldValue } from "../../../shared/schema/field-types.ts";
import type { Source } from "../../../shared/schema/sources.ts";
import { durationField, measuresOf } from "../columns.ts";
import type { Connection, Row, SqlValue, Statement } from "../driver/driver.ts";
import { DimensionTable } from "../events/dimensions.ts";
import { uuidBytes } from "../events/uuid-bytes.ts";
import { countedAs, isOwnCommandEvent } from "../events/write.ts";
import { localHour } from "../rollups/local-time.ts";
import { HourlyTotals, RollupTable } from "../rollups/rollups.ts";

export interface ImportedStream {
  readonly source: Source;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly received: number;
}

export interface ImportedSession {
  /** `null`: its events have expired. */
  readonly id: string | null;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly commands: number;
  readonly workspaces: number;
  readonly tasks: number;
  readonly errors: number;
  readonly product: string;
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  readonly runtimeVersion: string;
  /** Whether every event is about a command of this product. */
  readonly isOwn: boolean;
  readonly streams: readonly ImportedStream[];
}

export interface ImportedEvent {
  readonly id: string;
  readonly type: EventTypeName;
  readonly source: Source;
  readonly seq: number;
  readonly tsMs: number;
  readonly utcOffsetMin: number;
  readonly session: Omit<
    ImportedSession,
    "endedMs" | "commands" | "workspaces" | "tasks" | "errors" | "isOwn" | "streams"
  >;
  readonly payload: Readonly<Record<string, FieldValue>>;
}

/** An hour of totals, with its measures as the cells of a row of `metrics`. */
export interface ImportedTotal {
  readonly hour: number;
  readonly type: EventTypeName;
  readonly source: Source;
  readonly payload: Readonly<Record<string, FieldValue>>;
  readonly measures: Row;
}

export class RowWriter {
  readonly #origin: number;
  readonly #addsTotals: boolean;
  readonly #dimensions: DimensionTable;
  readonly #totals: RollupTable;
  readonly #beginSession: Statement;
  readonly #findSession: Statement;
  readonly #beginStream: Statement;
  readonly #extendStream: Statement;
  readonly #insert: Statement;
  readonly #move: Statement | undefined;
  readonly #extendSession: Statement;
  readonly #sessions = new Map<string, number>();
  readonly #streams = new Map<string, number>();
  /** Streams and sessions that the export names only in events. */
  readonly #counted = new Set<number>();
  readonly #found = new Set<number>();

  /**
   * `addsTotals`: the export has no totals, so they are computed from its events. `replaced`: an origin whose events move to this
   * one when the import is complete (`beginMoves`).
   */
  constructor(connection: Connection, origin: number, addsTotals: boolean, replaced?: number) {
    this.#origin = origin;
    this.#addsTotals = addsTotals;
    this.#dimensions = new DimensionTable(connection, origin);
    this.#totals = new RollupTable(connection);
    this.#move =
      replaced === undefined
        ? undefined
        : connection.prepare(
            `INSERT INTO temp.moved SELECT e.id, ?, ? FROM events e JOIN dimensions d ON d.id = e.dimensions
             WHERE e.event_id = ? AND d.origin = ${replaced} ON CONFLICT DO NOTHING`,
          );
    this.#extendSession = connection.prepare(
      `UPDATE sessions SET ended_at = max(ended_at, ?), commands_executed = commands_executed + ?,
         workspaces_created = workspaces_created + ?, tasks_completed = tasks_completed + ?,
         errors_encountered = errors_encountered + ? WHERE id = ?`,
    );
    this.#findSession = connection.prepare("SELECT 1 FROM sessions WHERE session_id = ?");
    this.#beginSession = connection.prepare(
      `INSERT INTO sessions (session_id, origin, started_at, ended_at, commands_executed, workspaces_created, tasks_completed,
         errors_encountered, product, version, os, arch, runtime_version, own)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.#beginStream = connection.prepare(
      "INSERT INTO streams (session, source, first_seq, last_seq, received) VALUES (?, ?, ?, ?, ?) RETURNING id",
    );
    this.#extendStream = connection.prepare(
      `UPDATE streams SET first_seq = min(first_seq, ?), last_seq = max(last_seq, ?), received = received + 1 WHERE id = ?`,
    );
    this.#insert = connection.prepare(
      `INSERT INTO events (event_id, stream, seq, dimensions, ts, utc_offset_min, duration_ms, numbers)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
  }

  session(session: ImportedSession): void {
    const { id, startedMs, endedMs, commands, workspaces, tasks, errors, streams } = session;
    const { product, version, os, arch, runtimeVersion } = session;
    const row = this.#beginSession.get(
      this.#sessionId(id),
      this.#origin,
      startedMs,
      endedMs,
      commands,
      workspaces,
      tasks,
      errors,
      product,
      version,
      os,
      arch,
      runtimeVersion,
      session.isOwn ? 1 : 0,
    );
    const key = Number(row?.["id"]);
    if (id === null) return;
    this.#sessions.set(id, key);
    for (const { source, firstSeq, lastSeq, received } of streams) {
      const stream = this.#beginStream.get(key, source, firstSeq, lastSeq, received);
      this.#streams.set(`${key} ${source}`, Number(stream?.["id"]));
    }
  }

  /** An ID that is used here already gets another one: nothing refers to it outside the database. */
  #sessionId(id: string | null): string {
    if (id === null) return `expired-${randomUUID()}`;
    return this.#findSession.get(id) === undefined ? id : randomUUID();
  }

  /** Returns whether the event is new. */
  event(event: ImportedEvent): boolean {
    const { id, type, source, seq, tsMs, utcOffsetMin, payload } = event;
    const stream = this.#streamOf(event);
    const dimensions = this.#dimensions.idOf({ type, source, payload });
    const duration = payload[durationField];
    const durationMs = typeof duration === "number" ? duration : undefined;
    const numbers = measuresOf(payload);
    const cells: readonly SqlValue[] = [
      uuidBytes(id),
      stream.id,
      seq,
      dimensions,
      tsMs,
      utcOffsetMin,
      durationMs ?? null,
      numbers === undefined ? null : JSON.stringify(numbers),
    ];
    const isKnown = this.#insert.run(...cells) === 0;
    if (isKnown && (this.#move?.run(stream.id, dimensions, uuidBytes(id)) ?? 0) === 0) return false;
    if (stream.isNew) {
      this.#extendStream.run(seq, seq, stream.id);
      this.#countIn(stream.session, event);
    }
    if (this.#addsTotals) {
      const totals = new HourlyTotals();
      totals.add(localHour(tsMs, utcOffsetMin), dimensions, durationMs, numbers);
      this.#add(totals);
    }
    return true;
  }

  /** `isNew`: the export has no row of the session, so the stream is counted here. */
  #streamOf({ session, source, tsMs, seq }: ImportedEvent): {
    readonly id: number;
    readonly session: number;
    readonly isNew: boolean;
  } {
    let key = this.#sessions.get(session.id ?? "");
    if (key === undefined) {
      const counts = { commands: 0, workspaces: 0, tasks: 0, errors: 0, isOwn: false, streams: [] };
      this.session({ ...session, ...counts, endedMs: tsMs });
      key = this.#sessions.get(session.id ?? "") ?? 0;
      this.#found.add(key);
    }
    const name = `${key} ${source}`;
    const known = this.#streams.get(name);
    if (known !== undefined) return { id: known, session: key, isNew: this.#counted.has(known) };
    const id = Number(this.#beginStream.get(key, source, seq, seq, 0)?.["id"]);
    this.#streams.set(name, id);
    this.#counted.add(id);
    return { id, session: key, isNew: true };
  }

  /** Counts an event in its session if the export has no row of the session. */
  #countIn(session: number, event: ImportedEvent): void {
    if (!this.#found.has(session)) return;
    const counted = isOwnCommandEvent(event) ? undefined : countedAs(event);
    const counts = (["commands", "workspaces", "tasks", "errors"] as const).map((name) => (name === counted ? 1 : 0));
    this.#extendSession.run(event.tsMs, ...counts, session);
  }

  total({ hour, type, source, payload, measures }: ImportedTotal): void {
    const dimensions = this.#dimensions.idOf({ type, source, payload });
    const totals = new HourlyTotals();
    totals.addRow({ ...measures, bucket: hour, dimensions });
    this.#add(totals);
  }

  #add(totals: HourlyTotals): void {
    const closedDay = this.#totals.closedDay();
    for (const entry of totals) this.#totals.add(entry, closedDay);
  }
}
