/** The start of recording, and the previous period if there is one to compare with. */
import type { Connection } from "../store/driver/driver.ts";
import { localHourOf, startOfHour } from "../store/rollups/local-time.ts";
import { closedDayOf, type GrainRange, splitByGrain } from "../store/rollups/reader.ts";
import { grains } from "../store/rollups/rollups.ts";
import { readNumber } from "../store/state.ts";
import { previousSpan, type Span } from "./calendar.ts";

export interface PreviousPeriod {
  readonly fromMs: number;
  readonly endMs: number;
  readonly ranges: readonly GrainRange[];
}

/**
 * Returns the period of the same length before; for an unfinished day, the day before up to this hour. `undefined` if recording
 * had not started then.
 */
export function previousPeriod(connection: Connection, span: Span, nowMs: number): PreviousPeriod | undefined {
  const { fromMs, fromHour, toHour } = previousSpan(span);
  const first = firstHour(connection);
  if (first === undefined || first > fromHour) return undefined;
  const isUnfinishedDay = span.grain === grains.hour && span.toHour > localHourOf(nowMs);
  const until = isUnfinishedDay ? fromHour + localHourOf(nowMs) - span.fromHour + 1 : toHour;
  const ranges = splitByGrain(fromHour, until, closedDayOf(connection), span.grain);
  return { fromMs, endMs: startOfHour(until), ranges };
}

export function firstHour(connection: Connection): number | undefined {
  const first = connection
    .prepare(
      `SELECT min(ifnull(a, b), ifnull(b, a)) hour FROM (SELECT (SELECT min(bucket) FROM metrics WHERE grain = 0) a,
         (SELECT min(bucket) FROM recent_metrics) b)`,
    )
    .get()?.["hour"];
  return typeof first === "number" ? first : undefined;
}

/**
 * Returns the time of the first event if it is within the span, in milliseconds since 1970; `null` if it is earlier. Sessions keep
 * their times after their events have expired.
 */
export function firstRecorded(
  connection: Connection,
  { fromHour, toHour, fromMs, endMs }: Pick<Span, "fromHour" | "toHour" | "fromMs" | "endMs">,
): number | null {
  const hour = firstHour(connection);
  if (hour === undefined || hour < fromHour || hour >= toHour) return null;
  const first = connection.prepare("SELECT min(started_at) first FROM sessions").get()?.["first"];
  const firstMs = typeof first === "number" ? first : startOfHour(hour);
  return firstMs > fromMs && firstMs < endMs ? firstMs : null;
}

/** Returns since when the present rules of exit codes apply if that is within the span, in milliseconds since 1970; else `null`. */
export function exitRulesSince(
  connection: Connection,
  { fromMs, endMs }: Pick<Span, "fromMs" | "endMs">,
): number | null {
  const sinceMs = readNumber(connection, "exit_rules_since");
  return sinceMs > fromMs && sinceMs < endMs ? sinceMs : null;
}
