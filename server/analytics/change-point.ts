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
  /** The durations, as stored sketches. */
  readonly sketches: readonly string[];
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

/** An earlier change is certain enough to begin after it. */
const maxEarlierP = 0.01;

/**
 * `days` in order; only a change on `fromDay` or later is found, compared with the days since the change before it. Both sides
 * need `minRuns` runs. Returns the clearest change to longer durations, significant or not.
 */
export function changePoint(days: readonly DayRuns[], fromDay: number, minRuns: number): ChangePoint | undefined {
  const best = clearest(days, Number.NEGATIVE_INFINITY, minRuns);
  if (best === undefined || best.day >= fromDay) return best;
  // Otherwise the days before an earlier change would make a later day look like one.
  if (best.p > maxEarlierP) return clearest(days, fromDay, minRuns);
  const since = days.filter(({ day }) => day >= best.day);
  return changePoint(since, fromDay, minRuns);
}

/** Every day of a longer period is tried only near the clearest of these many. */
const maxCoarseDays = 64;

function clearest(days: readonly DayRuns[], fromDay: number, minRuns: number): ChangePoint | undefined {
  const total = days.reduce((runs, { count }) => runs + count, 0);
  if (total < 2 * minRuns) return undefined;
  let counted = 0;
  const possible: number[] = [];
  for (const [n, { day, count }] of days.entries()) {
    if (day >= fromDay && counted >= minRuns && total - counted >= minRuns) possible.push(n);
    counted += count;
  }
  const step = Math.ceil(possible.length / maxCoarseDays);
  let best = clearestOf(
    days,
    possible.filter((_, at) => at % step === 0),
    total,
  );
  if (best !== undefined && step > 1) {
    const { day } = best;
    const at = possible.findIndex((n) => days[n]?.day === day);
    best = clearestOf(days, possible.slice(Math.max(0, at - step + 1), at + step), total);
  }
  return best === undefined ? undefined : { ...best, p: Math.min(1, best.p * possible.length) };
}

/** Returns the clearest of some days, by their indexes in order, with its uncorrected probability. */
function clearestOf(days: readonly DayRuns[], splits: readonly number[], total: number): ChangePoint | undefined {
  const before = new Sketch();
  const after = new Sketch();
  for (const { sketches } of days) for (const text of sketches) after.addText(text);
  let counted = 0;
  let next = 0;
  let best: ChangePoint | undefined;
  for (const split of splits) {
    for (; next < split; next += 1) {
      const { count = 0, sketches = [] } = days[next] ?? {};
      for (const text of sketches) {
        before.addText(text);
        after.addText(text, -1);
      }
      counted += count;
    }
    const [sideBefore, sideAfter] = [sideOf(counted, before), sideOf(total - counted, after)];
    if (sideBefore.medianMs >= sideAfter.medianMs) continue;
    const found = { day: days[split]?.day ?? 0, before: sideBefore, after: sideAfter, p: rankSum(before, after) };
    if (best === undefined || found.p < best.p || (found.p === best.p && ratio(found) > ratio(best))) best = found;
  }
  return best;
}

const ratio = ({ before, after }: ChangePoint) => after.medianMs / Math.max(1, before.medianMs);

const sideOf = (count: number, sketch: Sketch): Side => ({
  count,
  medianMs: sketch.quantile(0.5, 0, Number.POSITIVE_INFINITY) ?? 0,
});
