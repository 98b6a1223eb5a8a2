/**
 * How far a user came in a funnel. Each event of step 1 begins an attempt, which takes the next
 * event of each following step within the window. The user gets the deepest level; times, entry and
 * group are those of the earliest attempt that reached it.
 */
import { dayMs } from "../../../shared/schema/durations.ts";

/** An event that matters: the steps that it matches, as bits, and whether it ends attempts. */
export interface FunnelEvent {
  readonly tsMs: number;
  readonly steps: number;
  readonly isExcluded: boolean;
  /** Of step 1: the value to group by. */
  readonly group: string;
}

export interface FunnelRule {
  readonly steps: number;
  readonly windowMs: number;
  /** No other event in between. */
  readonly isStrict: boolean;
  /** Only the first event of step 1 begins an attempt. */
  readonly isFirstTime: boolean;
  /** Per step: calendar days (UTC) after step 1, or later. */
  readonly afterDays: readonly number[];
  /** Attempts begin in this half-open range. */
  readonly fromMs: number;
  readonly endMs: number;
}

export interface Attempt {
  /** Reached steps, 1 to all. */
  readonly level: number;
  /** When each reached step happened. */
  readonly timesMs: readonly number[];
  readonly group: string;
}

const dayNumber = (tsMs: number): number => Math.floor(tsMs / dayMs);

/** Follows the attempt that the event at `start` begins. `events`: in order of time and sequence. */
function attemptAt(events: readonly FunnelEvent[], start: number, rule: FunnelRule): Attempt | undefined {
  const first = events[start];
  if (first === undefined) return undefined;
  const timesMs = [first.tsMs];
  for (let at = start + 1; at < events.length && timesMs.length < rule.steps; at += 1) {
    const event = events[at];
    if (event === undefined || event.tsMs - first.tsMs > rule.windowMs || event.isExcluded) break;
    const isNext =
      (event.steps & (1 << timesMs.length)) !== 0 &&
      dayNumber(event.tsMs) - dayNumber(first.tsMs) >= (rule.afterDays[timesMs.length] ?? 0);
    if (isNext) timesMs.push(event.tsMs);
    else if (rule.isStrict) break;
  }
  return { level: timesMs.length, timesMs, group: first.group };
}

/** Returns the deepest attempt, the earliest of equal ones; `undefined` if none began in the range. */
export function deepestAttempt(events: readonly FunnelEvent[], rule: FunnelRule): Attempt | undefined {
  let deepest: Attempt | undefined;
  for (const [start, { steps, tsMs }] of events.entries()) {
    if ((steps & 1) === 0) continue;
    if (tsMs >= rule.fromMs && tsMs < rule.endMs) {
      const attempt = attemptAt(events, start, rule);
      if (attempt !== undefined && attempt.level > (deepest?.level ?? 0)) deepest = attempt;
      if (deepest?.level === rule.steps) return deepest;
    }
    if (rule.isFirstTime) return deepest;
  }
  return deepest;
}
