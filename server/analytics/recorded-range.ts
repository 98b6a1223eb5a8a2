/** Where recording began, and the period before another where there is one to compare with. */
import type { Connection } from "../store/driver/driver.ts";
import { localHourOf, startOfHour } from "../store/rollups/local-time.ts";
import { closedDayOf, type GrainRange, splitByGrain } from "../store/rollups/reader.ts";
import { grains } from "../store/rollups/rollups.ts";
import { previousSpan, type Span } from "./calendar.ts";

export interface PreviousPeriod {
  readonly fromMs: number;
  readonly endMs: number;
  readonly parts: readonly GrainRange[];
}

/**
 * As many days before; of a day that is not over, the one before until this hour. `undefined` where recording had not begun
 * then.
 */
export function previousPeriod(connection: Connection, span: Span, nowMs: number): PreviousPeriod | undefined {
  const { fromMs, fromHour, toHour } = previousSpan(span);
  const first = firstHour(connection);
  if (first === undefined || first > fromHour) return undefined;
  const day = span.grain === grains.hour && span.toHour > localHourOf(nowMs);
  const until = day ? fromHour + localHourOf(nowMs) - span.fromHour + 1 : toHour;
  const parts = splitByGrain(fromHour, until, closedDayOf(connection), span.grain);
  return { fromMs, endMs: startOfHour(until), parts };
}

function firstHour(connection: Connection): number | undefined {
  const first = connection
    .prepare(
      `SELECT min(ifnull(a, b), ifnull(b, a)) hour FROM (SELECT (SELECT min(bucket) FROM metrics WHERE grain = 0) a,
         (SELECT min(bucket) FROM recent_metrics) b)`,
    )
    .get()?.["hour"];
  return typeof first === "number" ? first : undefined;
}

/** Where recording began within the span: before it, the numbers say nothing. `null` where it began earlier. */
export function firstRecorded(connection: Connection, { fromHour, toHour }: Span): number | null {
  const first = firstHour(connection);
  return first !== undefined && first > fromHour && first < toHour ? startOfHour(first) : null;
}
