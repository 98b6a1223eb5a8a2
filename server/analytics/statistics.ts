/** Statistical tests of the insights: confidence intervals, and whether a difference exceeds chance. */
import type { Sketch } from "../store/rollups/sketch.ts";

/** Quantile of the standard normal distribution for a two-sided 95% interval. */
const z95 = 1.959_963_985;

/**
 * Returns the 95% confidence interval of the share `hits` / `all` (Wilson 1927). `all` is at least 1.
 */
export function wilson(hits: number, all: number): readonly [low: number, high: number] {
  const share = hits / all;
  const z2 = z95 * z95;
  const middle = share + z2 / (2 * all);
  const spread = z95 * Math.sqrt((share * (1 - share)) / all + z2 / (4 * all * all));
  const denominator = 1 + z2 / all;
  return [Math.max(0, (middle - spread) / denominator), Math.min(1, (middle + spread) / denominator)];
}

/**
 * Returns the p-value of the two-sided rank-sum test (Mann and Whitney 1947), by the normal approximation corrected for ties.
 * Values in one bin of a sketch are ties.
 */
export function rankSum(before: Sketch, now: Sketch): number {
  const [a, b] = [before.bins(), now.bins()];
  let [countA, countB, ties, lessA] = [0, 0, 0, 0];
  const last = Math.max(before.range.high, now.range.high);
  for (let bin = Math.min(before.range.low, now.range.low); bin <= last; bin += 1) {
    const [inA, inB] = [a[bin] ?? 0, b[bin] ?? 0];
    // Pairs in which the earlier value is smaller; equal values count half.
    lessA += inB * (countA + inA / 2);
    const tied = inA + inB;
    ties += tied ** 3 - tied;
    countA += inA;
    countB += inB;
  }
  const all = countA + countB;
  const expected = (countA * countB) / 2;
  const variance = ((countA * countB) / 12) * (all + 1 - ties / (all * (all - 1)));
  if (!(variance > 0)) return 1;
  // Continuity correction of half a rank.
  const z = Math.max(0, Math.abs(lessA - expected) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upperTail(z));
}

/** Upper tail of the standard normal distribution at `z` ≥ 0, accurate to 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const series =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

/**
 * Returns the highest significant p-value at a false discovery rate of `rate` (Benjamini and Hochberg 1995); 0 if none is
 * significant.
 */
export function threshold(probabilities: readonly number[], rate: number): number {
  const sorted = [...probabilities].sort((a, b) => a - b);
  return sorted.findLast((p, n) => p <= (rate * (n + 1)) / sorted.length) ?? 0;
}
