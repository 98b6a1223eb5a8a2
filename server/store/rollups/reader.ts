/** Reads rollups of a span of days from the coarsest grains that fit: whole months, then days, then hours. */
import type { Connection, Row } from "../driver/driver.ts";
import { firstDayOfMonth, monthOfDay } from "./local-time.ts";
import { grains, isClosed, RollupTable } from "./rollups.ts";

/** Buckets of one grain, `to` not included. */
export interface GrainRange {
  readonly grain: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Which buckets make up the hours from `fromHour` to before `toHour`. `finest`: no coarser grain than this, since the
 * reader wants to tell its buckets apart.
 */
export function splitByGrain(
  fromHour: number,
  toHour: number,
  closedDay: number,
  finest: number,
): readonly GrainRange[] {
  const found: GrainRange[] = [];
  const add = (grain: number, from: number, to: number) => {
    if (from < to) found.push({ grain, from, to });
  };
  const firstDay = Math.ceil(fromHour / 24);
  const endDay = Math.min(Math.floor(toHour / 24), closedDay);
  if (finest === grains.hour || firstDay >= endDay) {
    add(grains.hour, fromHour, toHour);
    return found;
  }
  add(grains.hour, fromHour, firstDay * 24);
  const firstMonth = monthOfDay(firstDay - 1) + 1;
  let endMonth = monthOfDay(endDay);
  while (endMonth > firstMonth && !isClosed(endMonth - 1, closedDay)) endMonth -= 1;
  if (finest === grains.day || firstMonth >= endMonth) add(grains.day, firstDay, endDay);
  else {
    add(grains.day, firstDay, firstDayOfMonth(firstMonth));
    add(grains.month, firstMonth, endMonth);
    add(grains.day, firstDayOfMonth(endMonth), endDay);
  }
  add(grains.hour, Math.max(fromHour, endDay * 24), toHour);
  return found;
}

/** Runs one query over all segments; `sql` gets a table expression of their rows. */
export function readRanges(
  connection: Connection,
  parts: readonly GrainRange[],
  sql: (rows: string) => string,
): readonly Row[] {
  if (parts.length === 0) return [];
  const rows = parts
    .map(() => "SELECT * FROM rollups WHERE grain = ? AND bucket >= ? AND bucket < ?")
    .join(" UNION ALL ");
  const values = parts.flatMap(({ grain, from, to }) => [grain, from, to]);
  return connection.prepare(sql(`(${rows})`)).all(...values);
}

export function closedDayOf(connection: Connection): number {
  return new RollupTable(connection).closedDay();
}
