/** Reads the rollups of a stretch of local hours from the coarsest grains that fit. */
import type { Connection, Row, SqlValue } from "../../store/driver/driver.ts";
import { closedDayOf, splitByGrain } from "../../store/rollups/reader.ts";
import type { Stretch } from "./stretch.ts";

/** The columns of a rollup, without its dimensions, which are read once for a query. */
export const rollupColumns =
  "m.grain, m.bucket, m.dimensions, m.count, m.duration_count, m.duration_sum, m.duration_min, m.duration_max, m.duration_sketch, m.numbers";

/** `select`: what to read from `m`, the rollups. `rest`: more of the statement, with its values. */
export function readRollups(
  connection: Connection,
  { fromHour, toHour }: Pick<Stretch, "fromHour" | "toHour">,
  coarsest: number,
  select: string,
  rest = "",
  values: readonly SqlValue[] = [],
): readonly Row[] {
  const ranges = splitByGrain(fromHour, toHour, closedDayOf(connection), coarsest);
  if (ranges.length === 0) return [];
  const parts = ranges.map(() => "SELECT * FROM rollups WHERE grain = ? AND bucket >= ? AND bucket < ?");
  const bounds = ranges.flatMap(({ grain, from, to }) => [grain, from, to]);
  return connection.prepare(`SELECT ${select} FROM (${parts.join(" UNION ALL ")}) m ${rest}`).all(...bounds, ...values);
}
