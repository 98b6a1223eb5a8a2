/** The period options that several commands share. */
import type { PeriodSelection } from "../shared/protocol/reports.ts";
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
  readonly from?: string;
  readonly to?: string;
}

/** Returns the selected period, by default the last 30 days. @throws UsageError */
export function selectionOf(
  { today, week, month, year, yesterday, last, from, to }: PeriodOptions,
  nowMs = Date.now(),
): PeriodSelection {
  const selected = (
    [
      ["today", today],
      ["week", week],
      ["month", month],
      ["year", year],
    ] as const
  ).filter(([, isSet]) => isSet);
  const isRange = from !== undefined || to !== undefined;
  const others = [isRange, yesterday === true, last !== undefined].filter((isSet) => isSet);
  if (selected.length + others.length > 1)
    throw new UsageError(
      "Only one period is allowed: --today, --yesterday, --week, --month, --year, --last, or --from with --to.",
    );
  if (yesterday === true) return { period: "custom", from: dayBefore(nowMs, 1), to: dayBefore(nowMs, 1) };
  if (last !== undefined) return { period: "custom", from: dayBefore(nowMs, daysIn(last) - 1), to: dayText(nowMs) };
  if (!isRange) return { period: selected[0]?.[0] ?? "month" };
  if (from === undefined) throw new UsageError("--to requires --from.");
  return { period: "custom", from, to: to ?? dayText(nowMs) };
}

/** Returns the number of days in a text such as 14d or 2w. @throws UsageError */
function daysIn(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,3})([dw])$/.exec(text) ?? [];
  if (count === "") throw new UsageError("--last needs a number of days or weeks, such as 14d or 2w.");
  return Number(count) * (unit === "w" ? 7 : 1);
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
