/** The change of a figure against the period before, in words or with a mark. */
import { percentText } from "../../shared/text/format.ts";
import { isPlain } from "./terminal.ts";

/** A change of fewer is chance. */
export const minSample = 10;

/** Returns "▲ 12%", "▼ 3%" or "±0%"; with `--plain` "up 12%"; "" if a value is missing or a sample is small. */
export function changeText(now: number | null, before: number | null, sample: number, sampleBefore: number): string {
  if (now === null || before === null || before === 0 || Math.min(sample, sampleBefore) < minSample) return "";
  const share = (now - before) / before;
  if (Math.abs(share) < 0.005) return "±0%";
  return `${arrow(share > 0)} ${percentText(Math.abs(share))}`;
}

/** Returns the change of a share in percentage points: "▼ 2 points". */
export function pointsText(now: number | null, before: number | null, sample: number, sampleBefore: number): string {
  if (now === null || before === null || Math.min(sample, sampleBefore) < minSample) return "";
  const points = Math.round(100 * (now - before));
  if (points === 0) return "±0 points";
  return `${arrow(points > 0)} ${Math.abs(points)} ${Math.abs(points) === 1 ? "point" : "points"}`;
}

const arrow = (isUp: boolean): string => (isPlain() ? (isUp ? "up" : "down") : isUp ? "▲" : "▼");
