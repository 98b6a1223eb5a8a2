/** The user's local days, hours and months that a period is made of, on the wall clock and as moments. */
import type { Period } from "../../shared/protocol.ts";
import { dayOfHour, firstDayOfMonth, localHourOf, monthOfDay, startOfHour } from "../store/local-time.ts";
import { grains } from "../store/metrics.ts";

export interface Bucket {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** Hours of the wall clock since 1970. */
  readonly fromHour: number;
  /** Months of the wall clock since 1970. */
  readonly month: number;
}

export interface Span {
  readonly fromMs: number;
  readonly endMs: number;
  readonly fromHour: number;
  readonly toHour: number;
  /** The grain that tells the buckets apart. */
  readonly grain: number;
  /** In order, none left out. */
  readonly buckets: readonly Bucket[];
}

const daysBack: Readonly<Record<Exclude<Period, "today" | "year">, number>> = { week: 6, month: 29 };

/** How many months a year shows: this one and the twelve before it, of which the first is whole. */
const monthsBack = 12;

/** Today by hours, a week and a month (7 and 30 days, today the last) by days, a year by months. */
export function spanOf(period: Period, nowMs: number): Span {
  const today = dayOfHour(localHourOf(nowMs));
  const toHour = (today + 1) * 24;
  const starts = startsOf(period, today);
  const fromHour = starts[0] ?? toHour;
  return {
    fromMs: startOfHour(fromHour),
    endMs: startOfHour(toHour),
    fromHour,
    toHour,
    grain: period === "today" ? grains.hour : period === "year" ? grains.month : grains.day,
    buckets: starts.map((hour) => ({ startMs: startOfHour(hour), fromHour: hour, month: monthOfDay(dayOfHour(hour)) })),
  };
}

function startsOf(period: Period, today: number): readonly number[] {
  if (period === "today") return Array.from({ length: 24 }, (_, hour) => today * 24 + hour);
  if (period === "year") {
    const month = monthOfDay(today);
    return Array.from({ length: monthsBack + 1 }, (_, n) => firstDayOfMonth(month - monthsBack + n) * 24);
  }
  const back = daysBack[period];
  return Array.from({ length: back + 1 }, (_, n) => (today - back + n) * 24);
}
