/** Token buckets, one per key: each refills evenly and holds the tokens of its period, a minute by default. */
import { RecentMap } from "./recent-map.ts";

const maxBuckets = 100_000;

export class RateLimit {
  readonly #size: number;
  readonly #periodMs: number;
  readonly #buckets = new RecentMap<string, { readonly left: number; readonly atMs: number }>(maxBuckets);

  constructor(size: number, minutes = 1) {
    this.#size = size;
    this.#periodMs = minutes * 60_000;
  }

  /**
   * Takes `cost` tokens, or none if too few are left. A cost above the bucket's size needs a full
   * bucket.
   * @returns seconds to wait; 0 if the tokens were taken.
   */
  take(key: string, nowMs: number, cost = 1): number {
    const price = Math.min(cost, this.#size);
    const { left: before, atMs } = this.#buckets.get(key) ?? { left: this.#size, atMs: nowMs };
    const left = Math.min(this.#size, before + (Math.max(0, nowMs - atMs) * this.#size) / this.#periodMs);
    this.#buckets.set(key, { left: left < price ? left : left - price, atMs: nowMs });
    return left < price ? Math.ceil(((price - left) * this.#periodMs) / (1_000 * this.#size)) : 0;
  }
}
