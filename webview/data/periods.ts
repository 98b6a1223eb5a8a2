/** The periods that a user can choose, and the texts about what an answer covers. */
import type { Answer } from "../../shared/protocol/query.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { countText, dayText } from "../../shared/text/format.ts";

/** By the calendar: days have 23 to 25 hours. */
function daysAgo(days: number, nowMs: number): string {
  const now = new Date(nowMs);
  return dayText(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 12).getTime());
}

/** Returns the first day of a period, at noon. `today`: as 2026-11-26. */
export function firstDay(period: PeriodSelection, today: string): Date {
  const [year = 0, month = 1, day = 1] = (period.period === "custom" ? period.from : today).split("-").map(Number);
  if (period.period === "custom") return new Date(year, month - 1, day, 12);
  return period.period === "year"
    ? new Date(year, month - 13, 1, 12)
    : new Date(year, month - 1, day - daysIn(period) + 1, 12);
}

const lastDays = (days: number, nowMs: number): PeriodSelection => ({
  period: "custom",
  from: daysAgo(days - 1, nowMs),
  to: daysAgo(0, nowMs),
});

/** Name → period, at a time. */
export const presets: readonly (readonly [name: string, period: (nowMs: number) => PeriodSelection])[] = [
  ["Today", () => ({ period: "today" })],
  ["Yesterday", (nowMs) => ({ period: "custom", from: daysAgo(1, nowMs), to: daysAgo(1, nowMs) })],
  ["7 days", () => ({ period: "week" })],
  ["14 days", (nowMs) => lastDays(14, nowMs)],
  ["30 days", () => ({ period: "month" })],
  ["90 days", (nowMs) => lastDays(90, nowMs)],
  ["12 months", () => ({ period: "year" })],
];

/** Returns the period of a preset; `undefined` for an unknown name. */
export const presetPeriod = (name: string | null, nowMs: number): PeriodSelection | undefined =>
  presets.find(([one]) => one === name)?.[1](nowMs);

/** Returns how many days a period has. */
function daysIn(period: PeriodSelection): number {
  if (period.period !== "custom") return { today: 1, week: 7, month: 30, year: 365 }[period.period];
  const noon = (day: string) => new Date(`${day}T12:00`).getTime();
  return Math.max(1, Math.round((noon(period.to) - noon(period.from)) / dayMs) + 1);
}

/** Returns what the figures are compared with: "vs. the 30 days before". */
export function comparisonText({ before }: Answer, period: PeriodSelection, compare: "previous" | "year"): string {
  if (before === null) return "";
  if (compare === "year") return "vs. the same days last year";
  if (period.period === "year") return "vs. the 12 months before";
  const days = daysIn(period);
  return days === 1 ? "vs. the day before" : `vs. the ${countText(days, "day")} before`;
}

/** Returns what an answer covers, where it is not all of the period. */
export function coverageText({ recordedFromMs, lost, before }: Answer): string {
  const since =
    recordedFromMs === null
      ? []
      : [`Data since ${new Date(recordedFromMs).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`];
  const comparison = before === null ? ["no earlier data to compare with"] : [];
  const losses = lost === 0 ? [] : [`${countText(lost, "event")} lost`];
  const parts = [...since, ...comparison, ...losses];
  const text = parts.join("; ");
  return text === "" ? "" : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
