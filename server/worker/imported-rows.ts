/** The rows of an export, checked and converted to what the database stores. */
import { uuidV7Pattern } from "../../shared/schema/uuid-pattern.ts";
import { architectures, systems } from "../../shared/vocabulary/platforms.ts";
import { ImportedRowError, ImportedRows } from "../privacy/imported.ts";
import { dimensionFields } from "../store/columns.ts";
import { hourIn } from "../store/export/buckets.ts";
import type { ImportedEvent, ImportedSession, ImportedTotal } from "../store/import/row-writer.ts";

type Fields = Readonly<Record<string, unknown>>;

export const timeIn = (value: unknown): number => {
  const ms = typeof value === "string" && value.length <= 32 ? Date.parse(value) : Number.NaN;
  if (!(ms >= Date.UTC(2020, 0, 1) && ms < Date.UTC(2100, 0, 1))) throw new ImportedRowError("a time is invalid");
  return ms;
};

const wholeIn = (value: unknown, max = Number.MAX_SAFE_INTEGER): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw new ImportedRowError("a number is invalid");
  return value;
};

export const matching = (value: unknown, pattern: RegExp): string => {
  if (typeof value !== "string" || value.length > 64 || !pattern.test(value))
    throw new ImportedRowError("an ID or a name is invalid");
  return value;
};

export const originPattern = /^[0-9a-f]{32}$/;
export const versionPattern = /^\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[a-z]{1,8}(?:\.\d{1,4})?)?$/;
/** RFC 9562, any version: a continued session has a derived ID. */
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const sketchPattern = /^\d{1,3}(?::\d{1,12})?(?:,\d{1,3}(?::\d{1,12})?)*$/;
const maxOffsetMin = 14 * 60;

const oneOf = (value: unknown, known: readonly string[]): string => {
  if (value === "withheld") return "withheld";
  if (typeof value !== "string" || !known.includes(value)) throw new ImportedRowError("the platform is unknown");
  return value;
};

const versionOf = (value: unknown): string => (value === "withheld" ? "withheld" : matching(value, versionPattern));

function platformOf({ product, version, os, arch, runtime_version: runtime }: Fields) {
  return {
    product: matching(product, /^nexus-telemetry$/),
    version: versionOf(version),
    os: oneOf(os, systems),
    arch: oneOf(arch, architectures),
    runtimeVersion: versionOf(runtime),
  };
}

/** Checks the rows of an export and converts them. @throws ImportedRowError */
export class RowParser {
  readonly rows = new ImportedRows();

  event(row: Fields): ImportedEvent {
    const source = Object(row["source"]) as Fields;
    const session = Object(row["session"]) as Fields;
    const { type, source: channel, fields } = this.rows.event(row["event_type"], source["channel"], row["payload"]);
    const offset = row["utc_offset_min"];
    if (typeof offset !== "number" || !Number.isInteger(offset) || Math.abs(offset) > maxOffsetMin)
      throw new ImportedRowError("utc_offset_min is invalid");
    return {
      id: matching(row["event_id"], uuidV7Pattern),
      type,
      source: channel,
      seq: wholeIn(session["sequence"], 1_000_000_000),
      tsMs: timeIn(row["timestamp"]),
      utcOffsetMin: offset,
      session: {
        id: matching(session["id"], uuidPattern),
        startedMs: timeIn(session["started_at"]),
        ...platformOf(source),
      },
      payload: fields,
    };
  }

  session(row: Fields): ImportedSession {
    const { sources } = row;
    if (!Array.isArray(sources) || sources.length > 64) throw new ImportedRowError("sources are invalid");
    return {
      id: row["session_id"] === null ? null : matching(row["session_id"], uuidPattern),
      startedMs: timeIn(row["started_at"]),
      endedMs: timeIn(row["ended_at"]),
      commands: wholeIn(row["commands_executed"]),
      workspaces: wholeIn(row["workspaces_created"]),
      tasks: wholeIn(row["tasks_completed"]),
      errors: wholeIn(row["errors_encountered"]),
      ...platformOf(row),
      isOwn: row["own_commands_only"] === true,
      streams: sources.map((stream) => {
        const fields = Object(stream) as Fields;
        return {
          source: this.rows.source(fields["source"]),
          firstSeq: wholeIn(fields["first_seq"]),
          lastSeq: wholeIn(fields["last_seq"]),
          received: wholeIn(fields["received"]),
        };
      }),
    };
  }

  /** `undefined` for a day or a month: both are computed from the hours. */
  total(row: Fields): ImportedTotal | undefined {
    if (row["grain"] === "day" || row["grain"] === "month") return undefined;
    const { grain, bucket, event_type, source, count, duration_count, duration_sum, origin: _, ...rest } = row;
    const { duration_min, duration_max, duration_sketch, numbers, ...dimensions } = rest;
    const hour = grain === "hour" && typeof bucket === "string" ? hourIn(bucket) : undefined;
    if (hour === undefined) throw new ImportedRowError("the hour is invalid");
    const unknown = Object.keys(dimensions).find((name) => !dimensionFields.some((known) => known === name));
    if (unknown !== undefined) throw new ImportedRowError("a total has an unknown dimension");
    const { type, source: channel, fields } = this.rows.dimensions(row, dimensionFields);
    const durations = wholeIn(duration_count);
    const orNull = (value: unknown) => (value === null ? null : wholeIn(value));
    return {
      hour,
      type,
      source: channel,
      payload: fields,
      measures: {
        count: wholeIn(count),
        duration_count: durations,
        duration_sum: wholeIn(duration_sum),
        duration_min: orNull(duration_min ?? null),
        duration_max: orNull(duration_max ?? null),
        duration_sketch: durations === 0 ? null : sketchOf(duration_sketch),
        numbers: numbers === undefined || numbers === null ? null : this.#numbers(numbers),
      },
    };
  }

  /** Checks the sums of other numbers: field → count, sum, least and largest. */
  #numbers(value: unknown): string {
    const summaries = Object.entries(Object(value)).map(([name, summary]) => {
      if (!this.rows.isMeasure(name) || !Array.isArray(summary) || summary.length !== 4)
        throw new ImportedRowError("the numbers of a total are invalid");
      if (!summary.every((part) => typeof part === "number" && Number.isFinite(part) && part >= 0))
        throw new ImportedRowError("the numbers of a total are invalid");
      return [name, summary] as const;
    });
    return JSON.stringify(Object.fromEntries(summaries));
  }
}

function sketchOf(value: unknown): string {
  if (typeof value !== "string" || value.length > 100_000 || !sketchPattern.test(value))
    throw new ImportedRowError("the sketch of a total is invalid");
  return value;
}
