/**
 * Finds the day on which a command became slower: the split of its days with the smallest p-value of
 * the rank-sum test, corrected for the number of splits (Bonferroni). Pettitt (1979) uses the same
 * statistic for one change in a series.
 */

import { Sketch } from "../store/rollups/sketch.ts";
import { rankSum } from "./statistics.ts";

export interface DayRuns {
  /** Days of the wall clock since 1970. */
  readonly day: number;
  readonly count: number;
  readonly sketch: Sketch;
}

export interface Side {
  readonly count: number;
  /** Milliseconds. */
  readonly medianMs: number;
}

export interface ChangePoint {
  /** The first day of the new durations. */
  readonly day: number;
  readonly before: Side;
  readonly after: Side;
  /** Corrected for the number of possible days. */
  readonly p: number;
}

/**
 * `days` in order; only a change on `fromDay` or later is found. Both sides need `minRuns` runs.
 * Returns the clearest change to longer durations, significant or not.
 */
export function changePoint(days: readonly DayRuns[], fromDay: number, minRuns: number): ChangePoint | undefined {
  const total = days.reduce((sum, { count }) => sum + count, 0);
  const splits: number[] = [];
  let counted = 0;
  for (const [n, { day, count }] of days.entries()) {
    if (day >= fromDay && counted >= minRuns && total - counted >= minRuns) splits.push(n);
    counted += count;
  }
  let best: ChangePoint | undefined;
  for (const split of splits) {
    const [before, after] = [sum(days.slice(0, split)), sum(days.slice(split))];
    if (before.medianMs >= after.medianMs) continue;
    const p = Math.min(1, rankSum(before.sketch, after.sketch) * splits.length);
    const isClearer =
      best === undefined || p < best.p || (p === best.p && ratio(after, before) > ratio(best.after, best.before));
    if (isClearer) best = { day: days[split]?.day ?? 0, before: sideOf(before), after: sideOf(after), p };
  }
  return best;
}

const ratio = (after: Side, before: Side) => after.medianMs / Math.max(1, before.medianMs);

interface Sum extends Side {
  readonly sketch: Sketch;
}

const sideOf = ({ count, medianMs }: Sum): Side => ({ count, medianMs });

function sum(days: readonly DayRuns[]): Sum {
  const all = new Sketch();
  let count = 0;
  for (const day of days) {
    all.addSketch(day.sketch);
    count += day.count;
  }
  return { sketch: all, count, medianMs: all.quantile(0.5, 0, Number.POSITIVE_INFINITY) ?? 0 };
}
