/** Scales of axes: the highest tick is a round value above all others, and half of it is round too. */
import { hourMs, minuteMs, multiples, secondMs, subsecondSteps } from "../../shared/schema/durations.ts";

/** Steps of durations, in milliseconds; above, whole days. */
const durationSteps: readonly number[] = [
  subsecondSteps,
  multiples(secondMs, [1, 2, 5, 10, 15, 30]),
  multiples(minuteMs, [1, 2, 5, 10, 15, 30]),
  multiples(hourMs, [1, 2, 3, 6, 12, 24]),
].flat();

/** Returns the highest tick for a largest value. `isCount`: whole numbers. */
export function topOf(max: number, kind: "count" | "duration" | "money"): number {
  if (!(max > 0)) return kind === "count" ? 2 : 1;
  const half = max / 2;
  if (kind === "duration") {
    const step = durationSteps.find((one) => one >= half);
    if (step !== undefined) return 2 * step;
  }
  const power = 10 ** Math.floor(Math.log10(half));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= half * (1 - 1e-12)) ?? 10) * power;
  return kind === "count" ? 2 * Math.max(1, Math.ceil(step)) : 2 * step;
}
