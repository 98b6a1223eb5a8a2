/**
 * Quantiles of durations that can be merged: DDSketch (Masson, Rim, Lee 2019) with 1 % relative accuracy. A stored sketch is
 * a text of its bins, `key:count` joined by commas; a zero has a key of its own.
 */
import { DDSketch } from "@datadog/sketches-js";

/** Which bin a value belongs to, and what a bin stands for: all that a sketch of bins needs of the library. */
const { mapping } = new DDSketch({ relativeAccuracy: 0.01 });

/** The key of zero: lower than any that the mapping gives to a whole number of milliseconds. */
const zeroKey = -1;

/** Bin → how many values are in it. */
export type Bins = Map<number, number>;

export function addValue(bins: Bins, value: number, count = 1): void {
  const key = value < 1 ? zeroKey : mapping.key(value);
  bins.set(key, (bins.get(key) ?? 0) + count);
}

export function mergeBins(into: Bins, from: Bins): void {
  for (const [key, count] of from) into.set(key, (into.get(key) ?? 0) + count);
}

export function binsText(bins: Bins): string {
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([key, count]) => `${key}:${count}`)
    .join(",");
}

/** Several texts joined by commas are the sketch of all their values. */
export function parseBins(text: unknown): Bins {
  const bins: Bins = new Map();
  if (typeof text !== "string" || text === "") return bins;
  for (const bin of text.split(",")) {
    const colon = bin.indexOf(":");
    const key = Number(bin.slice(0, colon));
    bins.set(key, (bins.get(key) ?? 0) + Number(bin.slice(colon + 1)));
  }
  return bins;
}

/** The value below which the share `p` lies (nearest rank), to 1 % and within what was seen; `null` of nothing. */
export function quantile(bins: Bins, p: number, least: number, most: number): number | null {
  const sorted = [...bins].sort(([a], [b]) => a - b);
  const all = sorted.reduce((total, [, count]) => total + count, 0);
  let below = 0;
  for (const [key, count] of sorted) {
    below += count;
    if (below < Math.ceil(p * all)) continue;
    const value = key === zeroKey ? 0 : Math.round(mapping.value(key));
    return Math.min(most, Math.max(least, value));
  }
  return null;
}
