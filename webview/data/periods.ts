/** The periods that a user can choose, and the texts about what an answer covers. */
import type { Answer } from "../../shared/protocol/query.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { countText, dayText } from "../../shared/text/format.ts";

const daysAgo = (days: number, nowMs: number): string => dayText(nowMs - days * dayMs);

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

const same = (a: PeriodSelection, b: PeriodSelection): boolean =>
  a.period === b.period && (a.period !== "custom" || b.period !== "custom" || (a.from === b.from && a.to === b.to));

/** Returns the name of a period; `undefined` for other days. */
export const presetOf = (period: PeriodSelection, nowMs: number): string | undefined =>
  presets.find(([, of]) => same(of(nowMs), period))?.[0];

/** Returns what the figures are compared with: "vs. the 30 days before". */
export function comparisonText({ before }: Answer, compare: "previous" | "year"): string {
  if (before === null) return "";
  const days = Math.max(1, Math.round((before.toMs - before.fromMs) / dayMs));
  if (compare === "year") return "vs. the same days last year";
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
