/**
 * Quantiles of durations that can be merged: DDSketch (Masson, Rim, Lee 2019) with 2 % relative accuracy; the library
 * gives the mapping of values to bins.
 *
 * A stored sketch is a text of bins, `bin` or `bin:count` joined by commas. Two texts joined by a comma are the sketch of all
 * their values, so that a value is added without reading what is there.
 */
import { DDSketch } from "@datadog/sketches-js";

const { mapping } = new DDSketch({ relativeAccuracy: 0.02 });

/** Bin 0 is zero; the others are the mapping's keys, moved by one. The longest duration, 30 days, has one of the last. */
const binCount = 600;

export function binOf(value: number): number {
  return value < 1 ? 0 : Math.min(binCount - 1, mapping.key(value) + 1);
}

/** How many values are in each bin. */
export class Sketch {
  readonly #counts = new Float64Array(binCount);

  add(value: number): void {
    const bin = binOf(value);
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
  }

  addSketch(other: Sketch): void {
    for (let bin = 0; bin < binCount; bin += 1) {
      this.#counts[bin] = (this.#counts[bin] ?? 0) + (other.#counts[bin] ?? 0);
    }
  }

  /** Adds a stored sketch. One pass over its characters: a page reads hundreds of them. */
  addText(text: string): void {
    let bin = 0;
    let count = -1;
    for (let at = 0; at <= text.length; at += 1) {
      // A comma, or the end.
      const code = at === text.length ? 44 : text.charCodeAt(at);
      if (code === 44) {
        this.#counts[bin] = (this.#counts[bin] ?? 0) + (count === -1 ? 1 : count);
        bin = 0;
        count = -1;
      } else if (code === 58) count = 0;
      else if (count === -1) bin = bin * 10 + code - 48;
      else count = count * 10 + code - 48;
    }
  }

  /** How many values are in each bin, the lowest first. */
  bins(): Float64Array {
    return this.#counts;
  }

  /** How many values lie above a bound, and about what they add up to. */
  above(bound: number): { readonly count: number; readonly sum: number } {
    let count = 0;
    let sum = 0;
    for (let bin = binOf(bound) + 1; bin < binCount; bin += 1) {
      const here = this.#counts[bin] ?? 0;
      count += here;
      sum += here * mapping.value(bin - 1);
    }
    return { count, sum };
  }

  toString(): string {
    const parts: string[] = [];
    for (let bin = 0; bin < binCount; bin += 1) {
      const count = this.#counts[bin] ?? 0;
      if (count > 0) parts.push(count === 1 ? String(bin) : `${bin}:${count}`);
    }
    return parts.join(",");
  }

  /** The value below which the share `p` lies (nearest rank), to 2 % and within what was seen; `null` of nothing. */
  quantile(p: number, min: number, max: number): number | null {
    const all = this.#counts.reduce((total, count) => total + count, 0);
    let below = 0;
    for (let bin = 0; bin < binCount; bin += 1) {
      below += this.#counts[bin] ?? 0;
      if (below === 0 || below < Math.ceil(p * all)) continue;
      const value = bin === 0 ? 0 : Math.round(mapping.value(bin - 1));
      return Math.min(max, Math.max(min, value));
    }
    return null;
  }
}
