import { dayMs } from "../../shared/schema/durations.ts";

let [cachedDay, cachedText] = [Number.NaN, ""];

const twoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value));

/**
 * Formats a UTC time for ClickHouse: `2026-11-21 08:09:10.123`. `ms`: milliseconds since 1970.
 * Called twice per event, hence without `Date`.
 */
export function clickHouseTime(ms: number): string {
  const day = Math.floor(ms / dayMs);
  if (day !== cachedDay) [cachedDay, cachedText] = [day, new Date(day * dayMs).toISOString().slice(0, 10)];
  const rest = ms - day * dayMs;
  const seconds = Math.floor(rest / 1_000);
  const time = `${twoDigits(Math.floor(seconds / 3_600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
  return `${cachedText} ${time}.${String(rest % 1_000).padStart(3, "0")}`;
}
