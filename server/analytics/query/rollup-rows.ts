/** Reads the rollups of a stretch of local hours from the coarsest grains that fit. */
import type { Connection, Row, SqlValue } from "../../store/driver/driver.ts";
import { closedDayOf, readRanges, splitByGrain } from "../../store/rollups/reader.ts";
import { grains } from "../../store/rollups/rollups.ts";
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
  return readRanges(connection, ranges, (rows) => `SELECT ${select} FROM ${rows} m ${rest}`, values);
}

/** Returns how many events of a stretch their sources reported as lost. */
export function lostEvents(connection: Connection, stretch: Pick<Stretch, "fromHour" | "toHour">): number {
  const join = "JOIN dimensions d ON d.id = m.dimensions WHERE d.event_type = 'events_dropped'";
  const select = "total(m.numbers -> 'dropped_count' ->> 1) n";
  return Number(readRollups(connection, stretch, grains.month, select, join)[0]?.["n"] ?? 0);
}
