/**
 * The user's local time, on which rollups are based: an event belongs to the local hour in which it
 * happened. The hour that daylight saving time repeats in autumn is one hour here.
 */
import { hourMs, minuteMs } from "../../../shared/schema/durations.ts";

/** Returns the number of local hours since 1970. */
export function localHour(tsMs: number, utcOffsetMin: number): number {
  return Math.floor((tsMs + utcOffsetMin * minuteMs) / hourMs);
}

/** Returns the number of local days since 1970. */
export const dayOfHour = (hour: number): number => Math.floor(hour / 24);

/** Returns the number of months since January 1970. */
export function monthOfDay(day: number): number {
  const date = new Date(day * 24 * hourMs);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

export function firstDayOfMonth(month: number): number {
  return Date.UTC(1970 + Math.floor(month / 12), month % 12, 1) / (24 * hourMs);
}

/** Returns the local hour in this process's time zone. */
export function localHourOf(tsMs: number): number {
  return localHour(tsMs, -new Date(tsMs).getTimezoneOffset());
}

/** Returns the time at which a local hour starts in this process's time zone. */
export function startOfHour(hour: number): number {
  const wall = new Date(hour * hourMs);
  return new Date(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours()).getTime();
}
