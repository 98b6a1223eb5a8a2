/** Reads rollups of a period from the coarsest grains that fit: months, then days, then hours. */
import type { Connection, Row, SqlValue } from "../driver/driver.ts";
import { firstDayOfMonth, monthOfDay } from "./local-time.ts";
import { grains, isClosed, RollupTable } from "./rollups.ts";

/** Buckets of one grain; `to` is exclusive. */
export interface GrainRange {
  readonly grain: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Returns the buckets that cover the hours from `fromHour` to `toHour` (exclusive). `coarsest`
 * limits the grain, for reports that show each hour or day separately.
 */
export function splitByGrain(
  fromHour: number,
  toHour: number,
  closedDay: number,
  coarsest: number,
): readonly GrainRange[] {
  const ranges: GrainRange[] = [];
  const add = (grain: number, from: number, to: number) => {
    if (from < to) ranges.push({ grain, from, to });
  };
  const firstDay = Math.ceil(fromHour / 24);
  const endDay = Math.min(Math.floor(toHour / 24), closedDay);
  if (coarsest === grains.hour || firstDay >= endDay) {
    add(grains.hour, fromHour, toHour);
    return ranges;
  }
  add(grains.hour, fromHour, firstDay * 24);
  const firstMonth = monthOfDay(firstDay - 1) + 1;
  let endMonth = monthOfDay(endDay);
  while (endMonth > firstMonth && !isClosed(endMonth - 1, closedDay)) endMonth -= 1;
  if (coarsest === grains.day || firstMonth >= endMonth) add(grains.day, firstDay, endDay);
  else {
    add(grains.day, firstDay, firstDayOfMonth(firstMonth));
    add(grains.month, firstMonth, endMonth);
    add(grains.day, firstDayOfMonth(endMonth), endDay);
  }
  add(grains.hour, Math.max(fromHour, endDay * 24), toHour);
  return ranges;
}

/**
 * Runs one query over all ranges; `sql` receives a table expression for their rows. `values`: of the parameters that follow
 * in it.
 */
export function readRanges(
  connection: Connection,
  ranges: readonly GrainRange[],
  sql: (rows: string) => string,
  values: readonly SqlValue[] = [],
): readonly Row[] {
  if (ranges.length === 0) return [];
  const rows = ranges
    .map(() => "SELECT * FROM rollups WHERE grain = ? AND bucket >= ? AND bucket < ?")
    .join(" UNION ALL ");
  const bounds = ranges.flatMap(({ grain, from, to }) => [grain, from, to]);
  return connection.prepare(sql(`(${rows})`)).all(...bounds, ...values);
}

export function closedDayOf(connection: Connection): number {
  return new RollupTable(connection).closedDay();
}
