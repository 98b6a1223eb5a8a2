/** The period options that several commands share. */
import type { PeriodSelection } from "../shared/protocol/reports.ts";
import { UsageError } from "./exit.ts";

export interface PeriodOptions {
  readonly today?: boolean;
  readonly week?: boolean;
  readonly month?: boolean;
  readonly year?: boolean;
  readonly from?: string;
  readonly to?: string;
}

/** Returns the selected period, by default the last 30 days. @throws UsageError */
export function selectionOf(
  { today, week, month, year, from, to }: PeriodOptions,
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
  if (selected.length + (isRange ? 1 : 0) > 1)
    throw new UsageError("Only one period is allowed: --today, --week, --month, --year, or --from with --to.");
  if (!isRange) return { period: selected[0]?.[0] ?? "month" };
  if (from === undefined) throw new UsageError("--to requires --from.");
  return { period: "custom", from, to: to ?? dayText(nowMs) };
}

/** Returns the local date as 2026-01-31. */
function dayText(ms: number): string {
  return new Date(ms).toLocaleDateString("sv-SE");
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
    case "custom":
      return `${dayText(fromMs)} to ${dayText(toMs - 1)}`;
  }
}
