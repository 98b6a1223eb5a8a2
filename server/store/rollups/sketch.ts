/**
 * Mergeable quantiles of durations: DDSketch (Masson, Rim, Lee 2019) with 2% relative accuracy; the
 * library maps values to bins. A stored sketch is text, `bin` or `bin:count` joined by commas. Two
 * texts joined by a comma are the merged sketch, so values are added without reading it.
 */
import { DDSketch } from "@datadog/sketches-js";

const { mapping } = new DDSketch({ relativeAccuracy: 0.02 });

/** Bin 0 is zero, the others are the mapping's keys plus one; enough for 30 days in ms. */
const binCount = 600;

export function binOf(value: number): number {
  return value < 1 ? 0 : Math.min(binCount - 1, mapping.key(value) + 1);
}

export class Sketch {
  readonly #counts = new Float64Array(binCount);
  /** Bins outside this range are empty. */
  #low = binCount;
  #high = -1;

  add(value: number): void {
    this.#add(binOf(value), 1);
  }

  #add(bin: number, count: number): void {
    this.#counts[bin] = (this.#counts[bin] ?? 0) + count;
    if (bin < this.#low) this.#low = bin;
    if (bin > this.#high) this.#high = bin;
  }

  addSketch(other: Sketch): void {
    for (let bin = other.#low; bin <= other.#high; bin += 1) this.#add(bin, other.#counts[bin] ?? 0);
  }

  /** Adds a stored sketch, or with the sign -1 takes it away, in one pass without splitting: a report reads thousands of them. */
  addText(text: string, sign: 1 | -1 = 1): void {
    let bin = 0;
    let count = -1;
    for (let at = 0; at <= text.length; at += 1) {
      // 44 is a comma, also used for the end; 58 is a colon, 48 is "0".
      const code = at === text.length ? 44 : text.charCodeAt(at);
      if (code === 44) {
        this.#add(bin, count === -1 ? sign : sign * count);
        bin = 0;
        count = -1;
      } else if (code === 58) count = 0;
      else if (count === -1) bin = bin * 10 + code - 48;
      else count = count * 10 + code - 48;
    }
  }

  /** Returns the number of values per bin, lowest first. */
  bins(): Float64Array {
    return this.#counts;
  }

  /** The range of bins that may hold values, both included; `high` is less than `low` without any. */
  get range(): { readonly low: number; readonly high: number } {
    return { low: this.#low, high: this.#high };
  }

  /** Returns the number of values above a bound and their approximate sum. */
  above(bound: number): { readonly count: number; readonly sum: number } {
    let count = 0;
    let sum = 0;
    for (let bin = Math.max(this.#low, binOf(bound) + 1); bin <= this.#high; bin += 1) {
      const binTotal = this.#counts[bin] ?? 0;
      count += binTotal;
      sum += binTotal * mapping.value(bin - 1);
    }
    return { count, sum };
  }

  /** Returns the number of values below each bound and not below the one before it, and last of those that are not below any. */
  histogram(bounds: readonly number[]): readonly number[] {
    const counts = Array.from({ length: bounds.length + 1 }, () => 0);
    for (let bin = this.#low; bin <= this.#high; bin += 1) {
      const value = bin === 0 ? 0 : mapping.value(bin - 1);
      const at = bounds.findIndex((bound) => value < bound);
      const slot = at === -1 ? bounds.length : at;
      counts[slot] = (counts[slot] ?? 0) + (this.#counts[bin] ?? 0);
    }
    return counts;
  }

  toString(): string {
    const parts: string[] = [];
    for (let bin = this.#low; bin <= this.#high; bin += 1) {
      const count = this.#counts[bin] ?? 0;
      if (count > 0) parts.push(count === 1 ? String(bin) : `${bin}:${count}`);
    }
    return parts.join(",");
  }

  /** Returns the `p` quantile (nearest rank) within 2% and `min` to `max`; `null` if empty. */
  quantile(p: number, min: number, max: number): number | null {
    let total = 0;
    for (let bin = this.#low; bin <= this.#high; bin += 1) total += this.#counts[bin] ?? 0;
    let cumulative = 0;
    for (let bin = this.#low; bin <= this.#high; bin += 1) {
      cumulative += this.#counts[bin] ?? 0;
      if (cumulative === 0 || cumulative < Math.ceil(p * total)) continue;
      const value = bin === 0 ? 0 : Math.round(mapping.value(bin - 1));
      return Math.min(max, Math.max(min, value));
    }
    return null;
  }
}
