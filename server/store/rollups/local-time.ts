/**
 * The user's wall clock, by which days are counted: an event belongs to the hour that the clock on the wall showed. An
 * hour that the clock shows twice in autumn is one hour here.
 */
const hourMs = 3_600_000;

/** Hours of the wall clock since 1970. */
export function localHour(tsMs: number, utcOffsetMin: number): number {
  return Math.floor((tsMs + utcOffsetMin * 60_000) / hourMs);
}

/** Days of the wall clock since 1970. */
export const dayOfHour = (hour: number): number => Math.floor(hour / 24);

/** Months of the wall clock since 1970. */
export function monthOfDay(day: number): number {
  const date = new Date(day * 24 * hourMs);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

export function firstDayOfMonth(month: number): number {
  return Date.UTC(1970 + Math.floor(month / 12), month % 12, 1) / (24 * hourMs);
}

/** The hour that the wall clock shows now, by the zone of this process. */
export function localHourOf(tsMs: number): number {
  return localHour(tsMs, -new Date(tsMs).getTimezoneOffset());
}

/** The moment at which the wall clock of this process shows the beginning of the hour. */
export function startOfHour(hour: number): number {
  const wall = new Date(hour * hourMs);
  return new Date(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours()).getTime();
}
