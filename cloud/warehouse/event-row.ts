/** Converts an event of schema 1 or 2 to a warehouse row. */
import { createHash } from "node:crypto";
import { type EventTypeName, fieldsOf } from "../../shared/schema/events.ts";
import { type FieldName, fieldTable } from "../../shared/schema/fields.ts";
import { pathOf } from "../../shared/schema/payload-layout.ts";
import { uuidV8 } from "../../shared/schema/uuid-v8.ts";
import { type Hour, hourOf } from "../hours.ts";
import { clickHouseTime } from "./clickhouse-time.ts";

type Json = Readonly<Record<string, unknown>>;

export interface EventRow {
  readonly event_id: string;
  readonly hour: Hour;
  /** The columns that have values in the line. */
  readonly columns: readonly string[];
  /** The row as a line of JSON. */
  readonly line: string;
}

/**
 * Derives the event ID that schema 1 lacks: UUIDv8 (RFC 9562) of the fields that identify the
 * event.
 */
export function eventIdOf(anonUserId: string, event: Json): string {
  const parts = ["anon_session_id", "source", "seq", "event_type", "tool_phase"].map((name) => event[name] ?? "");
  return uuidV8(
    createHash("sha256")
      .update([anonUserId, ...parts].join(" "))
      .digest(),
  );
}

interface FieldPath {
  readonly name: FieldName;
  readonly outer: string;
  readonly inner: string | undefined;
}

const pathsByType = new Map<EventTypeName, readonly FieldPath[]>();

/** Returns the shared fields of a type with their paths in the payload. */
function fieldPathsOf(type: EventTypeName): readonly FieldPath[] {
  const cached = pathsByType.get(type);
  if (cached !== undefined) return cached;
  const shared = fieldsOf(type).filter((name) => fieldTable[name].shared !== "never");
  const paths = shared.map((name) => {
    const [outer, inner] = pathOf(type, name);
    return { name, outer, inner };
  });
  pathsByType.set(type, paths);
  return paths;
}

function flatten(type: EventTypeName, payload: Json): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { name, outer, inner } of fieldPathsOf(type)) {
    const outerValue = payload[outer];
    const isObject = typeof outerValue === "object" && outerValue !== null;
    const value = inner === undefined ? outerValue : isObject ? Reflect.get(outerValue, inner) : undefined;
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

/** Sender and time of receipt of an event. `established`: the user counts for k-anonymity. */
export interface Origin {
  readonly anonUserId: string;
  readonly receivedMs: number;
  readonly established: boolean;
}

/** Converts an event that `checkEvent` accepted. */
export function toEventRow(event: Json, { anonUserId, receivedMs, established }: Origin): EventRow {
  const type = event["event_type"] as EventTypeName;
  const common = { anon_user_id: anonUserId, event_type: type, received_at: clickHouseTime(receivedMs), established };
  if (event["schema_version"] === 1) {
    const event_id = eventIdOf(anonUserId, event);
    const { schema_version: _, ts, ...rest } = event;
    return rowOf({ ...rest, ...common, event_id, schema_version: 1, ts: clickHouseTime(Number(ts)) }, Number(ts));
  }
  const ms = Date.parse(String(event["timestamp"]));
  const source = event["source"] as Json;
  const session = event["session"] as Json;
  const row = {
    ...flatten(type, event["payload"] as Json),
    ...common,
    event_id: String(event["event_id"]),
    schema_version: 2,
    ts: clickHouseTime(ms),
    anon_session_id: session["id"],
    seq: session["sequence"],
    source: source["channel"],
    product_version: source["version"],
    product_os: source["os"],
    product_arch: source["arch"],
    runtime_version: source["runtime_version"],
    ...(session["started_at"] === undefined
      ? {}
      : { session_started_at: clickHouseTime(Date.parse(String(session["started_at"]))) }),
  };
  return rowOf(row, ms);
}

const rowOf = (row: Json & { readonly event_id: string }, ms: number): EventRow => ({
  event_id: row.event_id,
  hour: hourOf(ms),
  columns: Object.keys(row),
  line: JSON.stringify(row),
});
