/** The period options that several commands share. */
import type { Comparison } from "../shared/protocol/query.ts";
import type { PeriodSelection } from "../shared/protocol/reports.ts";
import { dayMs } from "../shared/schema/durations.ts";
import { dayText } from "../shared/text/format.ts";
import { UsageError } from "./exit.ts";

export interface PeriodOptions {
  readonly today?: boolean;
  readonly week?: boolean;
  readonly month?: boolean;
  readonly year?: boolean;
  readonly yesterday?: boolean;
  /** Number of days or weeks up to today: `14d`, `2w`. */
  readonly last?: string;
  /** First and last day: a date, `today`, `yesterday`, or so many days or weeks ago. */
  readonly since?: string;
  readonly until?: string;
  /** The same as `since` and `until`. */
  readonly from?: string;
  readonly to?: string;
}

/** Returns the selected period, by default the last 30 days. @throws UsageError */
export function selectionOf(options: PeriodOptions, nowMs = Date.now()): PeriodSelection {
  const { today, week, month, year, yesterday, last } = options;
  const selected = (
    [
      ["today", today],
      ["week", week],
      ["month", month],
      ["year", year],
    ] as const
  ).filter(([, isSet]) => isSet);
  const since = oneOf("since", options.since, "from", options.from);
  const until = oneOf("until", options.until, "to", options.to);
  const isRange = since !== undefined || until !== undefined;
  const others = [isRange, yesterday === true, last !== undefined].filter((isSet) => isSet);
  if (selected.length + others.length > 1)
    throw new UsageError(
      "Only one period is allowed: --today, --yesterday, --week, --month, --year, --last, or --since with --until.",
    );
  if (yesterday === true) return { period: "custom", from: dayBefore(nowMs, 1), to: dayBefore(nowMs, 1) };
  if (last !== undefined) return { period: "custom", from: dayBefore(nowMs, daysIn(last) - 1), to: dayText(nowMs) };
  if (!isRange) return { period: selected[0]?.[0] ?? "month" };
  if (since === undefined) throw new UsageError("--until requires --since.");
  return { period: "custom", from: dayOf(since, nowMs), to: dayOf(until ?? "today", nowMs) };
}

/** Two names of an option. @throws UsageError if both are given. */
function oneOf(name: string, value: string | undefined, other: string, same: string | undefined): string | undefined {
  if (value !== undefined && same !== undefined) throw new UsageError(`--${other} is the same as --${name}. Use one.`);
  return value ?? same;
}

/** Returns the number of days in a text such as 14d or 2w. @throws UsageError */
function daysIn(text: string): number {
  const days = daysOf(text);
  if (days === undefined) throw new UsageError("--last needs a number of days or weeks, such as 14d or 2w.");
  return days;
}

function daysOf(text: string): number | undefined {
  const [, count = "", unit = ""] = /^([1-9]\d{0,3})([dw])$/.exec(text) ?? [];
  return count === "" ? undefined : Number(count) * (unit === "w" ? 7 : 1);
}

/** Returns a day as a date; a date is checked where it is read. */
function dayOf(text: string, nowMs: number): string {
  if (text === "today") return dayText(nowMs);
  if (text === "yesterday") return dayBefore(nowMs, 1);
  const days = daysOf(text);
  return days === undefined ? text : dayBefore(nowMs, days);
}

/** Returns the local date some days before. */
function dayBefore(nowMs: number, days: number): string {
  const date = new Date(nowMs);
  return dayText(new Date(date.getFullYear(), date.getMonth(), date.getDate() - days, 12).getTime());
}

/** Returns the title of a period, such as "Last 30 Days". */
export function periodTitle(period: PeriodSelection["period"], fromMs: number, toMs: number): string {
  switch (period) {
    case "today":
      return "Today";
    case "week":
      return "Last 7 Days";
    case "month":
      return "Last 30 Days";
    case "year":
      return "Last 12 Months";
    case "custom": {
      const [first, last] = [dayText(fromMs), dayText(toMs - 1)];
      return first === last ? first : `${first} to ${last}`;
    }
  }
}

/** Returns what a period is compared with, such as "the 30 days before". `of`: its times, in milliseconds since 1970. */
export function comparisonTitle(
  period: PeriodSelection["period"],
  compare: Comparison,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): string {
  const days = Math.max(1, Math.ceil((toMs - fromMs) / dayMs - 1 / 12));
  if (compare === "year") return `the same ${days === 1 ? "day" : "days"} of last year`;
  if (period === "today") return "yesterday";
  if (period === "year") return "the 12 months before";
  return days === 1 ? "the day before" : `the ${days} days before`;
}
