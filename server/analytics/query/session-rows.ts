/** Single events of sessions in the form of rollups. Only what retention kept. */
import { hourMs, minuteMs } from "../../../shared/schema/durations.ts";
import { parseMeasures } from "../../store/columns.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import { localHour } from "../../store/rollups/local-time.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { binOf } from "../../store/rollups/sketch.ts";
import type { Stretch } from "./stretch.ts";

const columns = "e.dimensions, e.ts, e.utc_offset_min, e.duration_ms, e.numbers";

/** Yields the events of a stretch as rollups of one event, with the ID of their `session`. */
export function* rowsBySession(connection: Connection, { fromHour, toHour }: Stretch): Generator<Row> {
  const local = `(e.ts + e.utc_offset_min * ${minuteMs})`;
  const rows = connection
    .prepare(
      `SELECT s.session_id session, ${columns}
       FROM events e JOIN streams t ON t.id = e.stream JOIN sessions s ON s.id = t.session
       WHERE ${local} >= ? AND ${local} < ?`,
    )
    .iterate(fromHour * hourMs, toHour * hourMs);
  for (const row of rows) yield asRollup(row);
}

/** Returns a function that reads the events of a session, by its row number, as rollups of one event. */
export function sessionReader(connection: Connection): (session: number) => readonly Row[] {
  const select = `SELECT ${columns} FROM streams t JOIN events e ON e.stream = t.id WHERE t.session = ?`;
  const statement = connection.prepare(select);
  return (session) => statement.all(session).map(asRollup);
}

function asRollup({ ts, utc_offset_min: offset, duration_ms: ms = null, numbers, ...rest }: Row): Row {
  const sums = Object.entries(parseMeasures(numbers) ?? {}).map(([name, value]) => [name, [1, value, value, value]]);
  return {
    ...rest,
    grain: grains.hour,
    bucket: localHour(Number(ts), Number(offset)),
    count: 1,
    duration_count: ms === null ? 0 : 1,
    duration_sum: ms ?? 0,
    duration_min: ms,
    duration_max: ms,
    duration_sketch: ms === null ? null : String(binOf(Number(ms))),
    numbers: sums.length === 0 ? null : JSON.stringify(Object.fromEntries(sums)),
  };
}
