/**
 * Periods, buckets and comparisons. All of it is UTC calendar dates: weeks begin on Monday, and a
 * bucket reaches from its first instant up to, but not including, the first of the next.
 */
import { dayMs } from "../../shared/schema/durations.ts";
import { dayOf } from "../hours.ts";

export const grains = ["day", "week", "month"] as const;
export type Grain = (typeof grains)[number];

/** A calendar date, `2026-03-01`. */
export type Day = string;

/** Whole buckets of a grain. */
export interface Period {
  /** First day. */
  readonly from: Day;
  /** The day after the last. */
  readonly end: Day;
}

const utc = (day: Day): Date => new Date(`${day}T00:00:00Z`);

/** Moves a date by a number of days. */
export const addDays = (day: Day, days: number): Day => dayOf(utc(day).getTime() + days * dayMs);

/** Moves a date by months; a day that the month lacks becomes its last day. */
export function addMonths(day: Day, months: number): Day {
  const date = utc(day);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(days, date.getUTCDate()));
  return dayOf(first.getTime());
}

export const daysBetween = (from: Day, to: Day): number =>
  Math.round((utc(to).getTime() - utc(from).getTime()) / dayMs);

/** Returns the first day of the bucket with this date. */
export function startOf(grain: Grain, day: Day): Day {
  if (grain === "day") return day;
  if (grain === "month") return `${day.slice(0, 7)}-01`;
  return addDays(day, -((utc(day).getUTCDay() + 6) % 7));
}

/** Returns the first day of the bucket after the one that begins on `start`. */
export function nextOf(grain: Grain, start: Day): Day {
  if (grain === "month") return addMonths(start, 1);
  return addDays(start, grain === "week" ? 7 : 1);
}

/** Widens the days `from` to `to`, both included, to whole buckets. */
export const wholePeriod = (grain: Grain, from: Day, to: Day): Period => ({
  from: startOf(grain, from),
  end: nextOf(grain, startOf(grain, to)),
});

/** Returns the first day of each bucket, in order. */
export function bucketsOf(grain: Grain, { from, end }: Period): readonly Day[] {
  const starts: Day[] = [];
  for (let start = from; start < end; start = nextOf(grain, start)) starts.push(start);
  return starts;
}

/** Whether the bucket that begins on `start` is over. */
export const isComplete = (grain: Grain, start: Day, nowMs: number): boolean =>
  utc(nextOf(grain, start)).getTime() <= nowMs;

/** What a period is compared with: the same number of buckets before it, or the same one a year earlier. */
export const comparisons = ["previous", "year"] as const;
export type Comparison = (typeof comparisons)[number];

/**
 * Returns the period to compare with. A year earlier means the same dates; weeks move by 52 weeks,
 * so that Mondays meet Mondays.
 */
export function comparedPeriod(comparison: Comparison, grain: Grain, { from, end }: Period): Period {
  if (comparison === "year" && grain === "week") return { from: addDays(from, -364), end: addDays(end, -364) };
  if (comparison === "year") return { from: addMonths(from, -12), end: addDays(addMonths(addDays(end, -1), -12), 1) };
  if (grain === "month") return { from: addMonths(from, -bucketsOf(grain, { from, end }).length), end: from };
  return { from: addDays(from, -daysBetween(from, end)), end: from };
}
