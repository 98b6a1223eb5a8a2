/** An event as the row that the warehouse takes, whichever schema it came in. */
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
  /** What the line has values of. */
  readonly columns: readonly string[];
  /** A line of JSON. */
  readonly line: string;
}

/** Schema 1 has no event id: UUIDv8 (RFC 9562) of what makes an event of it one. */
export function eventIdOf(anonUserId: string, event: Json): string {
  const parts = ["anon_session_id", "source", "seq", "event_type", "tool_phase"].map((name) => event[name] ?? "");
  return uuidV8(
    createHash("sha256")
      .update([anonUserId, ...parts].join(" "))
      .digest(),
  );
}

interface PositionedRow {
  readonly name: FieldName;
  readonly outer: string;
  readonly inner: string | undefined;
}

const placed = new Map<EventTypeName, readonly PositionedRow[]>();

/** The shared fields of a type, and where they stand. */
function placedOf(type: EventTypeName): readonly PositionedRow[] {
  const known = placed.get(type);
  if (known !== undefined) return known;
  const shared = fieldsOf(type).filter((name) => fieldTable[name].shared !== "never");
  const found = shared.map((name) => {
    const [outer, inner] = pathOf(type, name);
    return { name, outer, inner };
  });
  placed.set(type, found);
  return found;
}

/** The payload without its nesting. */
function flat(type: EventTypeName, payload: Json): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, outer, inner } of placedOf(type)) {
    const value = payload[outer];
    const own =
      inner === undefined ? value : typeof value === "object" && value !== null ? Reflect.get(value, inner) : undefined;
    if (own !== undefined) found[name] = own;
  }
  return found;
}

/** By whom an event was sent, and when it was received. `established`: the user counts for k-anonymity. */
export interface Origin {
  readonly anonUserId: string;
  readonly receivedMs: number;
  readonly established: boolean;
}

/** An event that was judged good. */
export function toEventRow(event: Json, { anonUserId, receivedMs, established }: Origin): EventRow {
  const type = event["event_type"] as EventTypeName;
  const common = { anon_user_id: anonUserId, event_type: type, received_at: clickHouseTime(receivedMs), established };
  if (event["schema_version"] === 1) {
    const event_id = eventIdOf(anonUserId, event);
    const { schema_version: _, ts, ...rest } = event;
    return made({ ...rest, ...common, event_id, schema_version: 1, ts: clickHouseTime(Number(ts)) }, Number(ts));
  }
  const ms = Date.parse(String(event["timestamp"]));
  const source = event["source"] as Json;
  const session = event["session"] as Json;
  const row = {
    ...flat(type, event["payload"] as Json),
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
  return made(row, ms);
}

const made = (row: Json & { readonly event_id: string }, ms: number): EventRow => ({
  event_id: row.event_id,
  hour: hourOf(ms),
  columns: Object.keys(row),
  line: JSON.stringify(row),
});
