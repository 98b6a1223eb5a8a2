/** The stretch of local time that a query asks for, and the one that it is compared with. */
import type { Comparison } from "../../../shared/protocol/query.ts";
import type { PeriodSelection } from "../../../shared/protocol/reports.ts";
import { dayMs } from "../../../shared/schema/durations.ts";
import { localHourOf, startOfHour } from "../../store/rollups/local-time.ts";
import { spanOf } from "../calendar.ts";

/** Local hours since 1970; `toHour` is exclusive. */
export interface Stretch {
  readonly fromHour: number;
  readonly toHour: number;
  /** Milliseconds since 1970. `toMs`: now, or the end if that is past. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly endMs: number;
}

/** @throws SelectionError */
export function stretchOf(selection: PeriodSelection, nowMs: number): Stretch {
  const { fromHour, toHour } = spanOf(selection, nowMs);
  return between(fromHour, toHour, nowMs);
}

/** Returns the stretch to compare with. If the period is not over, it ends as many hours before its own end. */
export function comparedStretch({ fromHour, toHour }: Stretch, comparison: Comparison, nowMs: number): Stretch {
  const openHours = Math.max(0, Math.min(toHour - fromHour, toHour - localHourOf(nowMs) - 1));
  const [from, to] =
    comparison === "previous" ? [2 * fromHour - toHour, fromHour] : [yearBefore(fromHour), yearBefore(toHour)];
  return between(from, Math.max(from, to - openHours), nowMs);
}

function between(fromHour: number, toHour: number, nowMs: number): Stretch {
  const fromMs = startOfHour(fromHour);
  const endMs = startOfHour(toHour);
  return { fromHour, toHour, fromMs, toMs: Math.max(fromMs, Math.min(nowMs, endMs)), endMs };
}

/** The same day of the year before; February 29 becomes March 1. */
function yearBefore(hour: number): number {
  const date = new Date((hour / 24) * dayMs);
  return (Date.UTC(date.getUTCFullYear() - 1, date.getUTCMonth(), date.getUTCDate()) / dayMs) * 24;
}
