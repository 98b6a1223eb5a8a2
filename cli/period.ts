/** The options that choose a period, for every command that has one. */
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

/** The last 30 days where nothing is chosen. @throws UsageError */
export function selectionOf(
  { today, week, month, year, from, to }: PeriodOptions,
  nowMs = Date.now(),
): PeriodSelection {
  const named = (
    [
      ["today", today],
      ["week", week],
      ["month", month],
      ["year", year],
    ] as const
  ).filter(([, on]) => on);
  const ranged = from !== undefined || to !== undefined;
  if (named.length + (ranged ? 1 : 0) > 1)
    throw new UsageError("Choose one period: --today, --week, --month, --year, or --from and --to.");
  if (!ranged) return { period: named[0]?.[0] ?? "month" };
  if (from === undefined) throw new UsageError("--to needs --from.");
  return { period: "custom", from, to: to ?? dayText(nowMs) };
}

/** The user's local day as 2026-01-31. */
function dayText(ms: number): string {
  return new Date(ms).toLocaleDateString("sv-SE");
}

/** "Last 30 Days". */
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
