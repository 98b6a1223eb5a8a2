/** The newest events, and those that were stored since. */
import type { Filters, TailEvent } from "../../../shared/protocol/query.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { readDimensions } from "./dimensions.ts";
import { eventName } from "./sessions.ts";
import { weekhourCondition } from "./weekhours.ts";

/** The most events of one reading. */
const maxEvents = 1_000;

/** `after`: the key of the last event that is known; `undefined` for the newest `count`. In the order of storing. */
export function readTail(
  connection: Connection,
  filters: Filters,
  after: number | undefined,
  count = maxEvents,
): readonly TailEvent[] {
  const dimensions = [...readDimensions(connection, filters).keys()];
  const columns = `e.id, e.ts, e.duration_ms, s.session_id, d.event_type, d.source, d.command_path, d.tool_name, d.mcp_server,
    d.activity, d.model, d.status, d.exit_class`;
  const from = `events e JOIN dimensions d ON d.id = e.dimensions JOIN streams t ON t.id = e.stream
    JOIN sessions s ON s.id = t.session WHERE e.dimensions IN (SELECT value FROM json_each(?)) AND ${weekhourCondition(filters)}`;
  const rows =
    after === undefined
      ? connection
          .prepare(`SELECT ${columns} FROM ${from} ORDER BY e.id DESC LIMIT ?`)
          .all(JSON.stringify(dimensions), count)
          .toReversed()
      : connection
          .prepare(`SELECT ${columns} FROM ${from} AND e.id > ? ORDER BY e.id LIMIT ?`)
          .all(JSON.stringify(dimensions), after, count);
  return rows.map((row) => ({
    key: Number(row["id"]),
    tsMs: Number(row["ts"]),
    source: String(row["source"]),
    session: String(row["session_id"]),
    name: eventName(row),
    outcome: row["status"] === null ? null : String(row["status"]),
    exitClass: row["exit_class"] === null ? null : String(row["exit_class"]),
    durationMs: row["duration_ms"] === null ? null : Number(row["duration_ms"]),
  }));
}

/** Returns the key of the newest event; 0 without any. */
export function lastKey(connection: Connection): number {
  return Number(connection.prepare("SELECT max(id) last FROM events").get()?.["last"] ?? 0);
}
