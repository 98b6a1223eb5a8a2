/** Hours of the week of local time: "1 14:00" is from 14:00 to 15:00 on Mondays. */
import { type Filters, matchesFilter } from "../../../shared/protocol/query.ts";
import { hourMs, minuteMs } from "../../../shared/schema/durations.ts";
import type { Row, SqlValue } from "../../store/driver/driver.ts";
import { dayOfHour } from "../../store/rollups/local-time.ts";

const hoursOfWeek = 168;

/** Returns the number of a local hour, counted since 1970, within its week: 0 from 0:00 on Monday. */
function indexOf(hour: number): number {
  const day = dayOfHour(hour);
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 3) % 7) + 7) % 7;
  return weekday * 24 + hour - day * 24;
}

const keyOfIndex = (index: number): string => `${Math.floor(index / 24) + 1} ${String(index % 24).padStart(2, "0")}:00`;

/** Returns the hour of the week of a local hour, counted since 1970. */
export const weekhourKey = (hour: number): string => keyOfIndex(indexOf(hour));

const keys: readonly string[] = Array.from({ length: hoursOfWeek }, (_, index) => keyOfIndex(index));

type Hourly = Readonly<Record<"bucket", SqlValue>> | Row;

/** Returns whether a rollup of an hour matches the filter of hours; any does without one. */
export function weekhourFilter({ weekhour }: Filters): (row: Hourly) => boolean {
  if (weekhour === undefined) return () => true;
  const wanted = keys.map((key) => matchesFilter(weekhour, key));
  return (row) => wanted[indexOf(Number(row.bucket))] === true;
}

/** Returns the same as a condition on events `e`. */
export const weekhourCondition = (filters: Filters): string =>
  conditionOn(`((e.ts + e.utc_offset_min * ${minuteMs}) / ${hourMs})`, filters);

/** Returns the same as a condition on rollups `m` of hours. */
export const weekhourRollups = (filters: Filters): string => conditionOn("m.bucket", filters);

/** `hour`: a local hour since 1970. */
function conditionOn(hour: string, { weekhour }: Filters): string {
  if (weekhour === undefined) return "true";
  const wanted = keys.flatMap((key, index) => (matchesFilter(weekhour, key) ? [index] : []));
  return `((${hour} / 24 + 3) % 7) * 24 + ${hour} % 24 IN (${wanted.join(", ")})`;
}
