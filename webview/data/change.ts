/** How a figure changed, whether that is good or bad, and whether there is enough data to say so. */
import type { Ended } from "../../shared/protocol/query.ts";
import { numberText, percentText } from "../../shared/text/format.ts";

export interface Change {
  /** "▲ 12%", or "" if it says nothing. */
  readonly text: string;
  /** For a screen reader: "up 12%". */
  readonly spoken: string;
  readonly meaning: "good" | "bad" | "neutral";
}

export const noChange: Change = { text: "", spoken: "", meaning: "neutral" };

/** A change of fewer is chance. */
export const minSample = 10;

/** Whether more is good or bad. */
export type Direction = "more-is-bad" | "neutral";

interface Sampled {
  readonly value: number | null;
  readonly sample: number;
}

/** Returns the relative change of a value. */
export function changeOf(now: Sampled, before: Sampled | undefined, direction: Direction): Change {
  if (before === undefined || now.value === null || before.value === null || before.value === 0) return noChange;
  if (Math.min(now.sample, before.sample) < minSample) return noChange;
  const share = (now.value - before.value) / before.value;
  if (Math.abs(share) < 0.005) return { text: "±0%", spoken: "unchanged", meaning: "neutral" };
  const size = share >= 9.995 ? `${numberText(Math.round(share + 1))} ×` : percentText(Math.abs(share));
  return arrow(share > 0, size, direction === "neutral" ? "neutral" : share > 0 ? "bad" : "good");
}

/** Returns the change of a failure rate in percentage points. */
export function pointsOf({ failure }: Ended, before: Ended | undefined): Change {
  const was = before?.failure ?? null;
  if (failure === null || was === null || Math.min(failure.sample, was.sample) < minSample) return noChange;
  const points = Math.round(1_000 * (failure.rate - was.rate)) / 10;
  if (points === 0) return { text: "±0 points", spoken: "unchanged", meaning: "neutral" };
  const size = `${Math.abs(points)} ${Math.abs(points) === 1 ? "point" : "points"}`;
  // Whether a rate is bad is for the mark of `isUnusual` to say.
  return arrow(points > 0, size, "neutral");
}

const arrow = (isUp: boolean, size: string, meaning: Change["meaning"]): Change => ({
  text: `${isUp ? "▲" : "▼"} ${size}`,
  spoken: `${isUp ? "up" : "down"} ${size}`,
  meaning,
});

/** Whether a failure rate is clearly above what was usual before. */
export const isUnusual = ({ failure }: Ended, usual: Ended | undefined): boolean =>
  failure !== null &&
  usual?.failure !== undefined &&
  usual.failure !== null &&
  Math.min(failure.sample, usual.failure.sample) >= minSample &&
  failure.low > usual.failure.rate;
