/** The local days, hours and months of a period, as wall-clock hours and as times. */

import type { Period, PeriodSelection, Stats } from "../../shared/protocol/reports.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import type { Row } from "../store/driver/driver.ts";
import { dayOfHour, firstDayOfMonth, localHourOf, monthOfDay, startOfHour } from "../store/rollups/local-time.ts";
import { grains } from "../store/rollups/rollups.ts";

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
  /** The grain of the buckets. */
  readonly grain: number;
  /** In order and complete. */
  readonly buckets: readonly Bucket[];
}

/** An invalid selection of days. The message is for the user. */
export class SelectionError extends Error {
  override readonly name = "SelectionError";
}

const daysBack: Readonly<Record<Exclude<Period, "today" | "year">, number>> = { week: 6, month: 29 };

/** A year shows this month and the twelve before it. */
const monthsBack = 12;

/** Longest custom periods shown by hour, by day, and by month. */
const maxDaysByHour = 2;
const maxDaysByDay = 62;
const maxMonths = 60;

export const unitOf: Readonly<Record<number, Stats["unit"]>> = {
  [grains.hour]: "hour",
  [grains.day]: "day",
  [grains.month]: "month",
};

/**
 * Resolves a selection: today by hour, a week and a month (7 and 30 days up to today) by day, a year by month, a custom period by
 * its length. @throws SelectionError
 */
export function spanOf(selection: PeriodSelection, nowMs: number): Span {
  const today = dayOfHour(localHourOf(nowMs));
  switch (selection.period) {
    case "custom":
      return spanOfChoice(dayOf(selection.from), dayOf(selection.to));
    case "today":
      return spanOfDays(today, today);
    case "year":
      return spanOfDays(firstDayOfMonth(monthOfDay(today) - monthsBack), today);
    default:
      return spanOfDays(today - daysBack[selection.period], today);
  }
}

/** Returns the index of the bucket that a rollup belongs to; -1 if none. */
export function bucketIndex(buckets: readonly Bucket[], { grain, bucket }: Row): number {
  const at = Number(bucket);
  const hour = grain === grains.hour ? at : grain === grains.day ? at * 24 : undefined;
  return buckets.findLastIndex((known) => (hour === undefined ? known.month === at : known.fromHour <= hour));
}

/** Returns the span of the same length that ends where this one starts. */
export function previousSpan({ fromHour, toHour }: Span): Span {
  return spanOfDays((2 * fromHour - toHour) / 24, fromHour / 24 - 1);
}

/** @throws SelectionError */
function spanOfChoice(from: number, to: number): Span {
  if (to < from) throw new SelectionError("The last day (today if not given) is before the first.");
  if (monthsOf(from, to) > maxMonths + (dayOfMonth(to) < dayOfMonth(from) ? 1 : 0)) {
    throw new SelectionError(`The period is limited to ${maxMonths} months.`);
  }
  return spanOfDays(from, to);
}

const dayOfMonth = (day: number): number => new Date(day * dayMs).getUTCDate();

/** Months that two days span, both included. */
const monthsOf = (from: number, to: number): number => monthOfDay(to) - monthOfDay(from) + 1;

/** From one day to another, both included. */
function spanOfDays(from: number, to: number): Span {
  const count = to - from + 1;
  const grain = count <= maxDaysByHour ? grains.hour : count <= maxDaysByDay ? grains.day : grains.month;
  const starts =
    grain === grains.hour
      ? Array.from({ length: count * 24 }, (_, hour) => from * 24 + hour)
      : grain === grains.day
        ? Array.from({ length: count }, (_, day) => (from + day) * 24)
        : Array.from(
            { length: monthsOf(from, to) },
            (_, n) => Math.max(from, firstDayOfMonth(monthOfDay(from) + n)) * 24,
          );
  return {
    fromMs: startOfHour(from * 24),
    endMs: startOfHour((to + 1) * 24),
    fromHour: from * 24,
    toHour: (to + 1) * 24,
    grain,
    buckets: starts.map((hour) => ({ startMs: startOfHour(hour), fromHour: hour, month: monthOfDay(dayOfHour(hour)) })),
  };
}

/** 2026-01-31 as days of the wall clock since 1970. @throws SelectionError */
function dayOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // JavaScript turns February 30 into March 2.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) {
    throw new SelectionError(`"${text.slice(0, 20)}" is not a date. Use YYYY-MM-DD, such as 2026-01-31.`);
  }
  return ms / dayMs;
}
