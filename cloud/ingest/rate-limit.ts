/** Token buckets, one per key: each refills evenly and holds the tokens of one minute. */
import { RecentMap } from "./recent-map.ts";

const maxBuckets = 100_000;

export class RateLimit {
  readonly #perMinute: number;
  readonly #buckets = new RecentMap<string, { readonly left: number; readonly atMs: number }>(maxBuckets);

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /**
   * Takes `cost` tokens, or none if too few are left. A cost above the bucket's size needs a full
   * bucket.
   * @returns seconds to wait; 0 if the tokens were taken.
   */
  take(key: string, nowMs: number, cost = 1): number {
    const price = Math.min(cost, this.#perMinute);
    const { left: before, atMs } = this.#buckets.get(key) ?? { left: this.#perMinute, atMs: nowMs };
    const left = Math.min(this.#perMinute, before + (Math.max(0, nowMs - atMs) * this.#perMinute) / 60_000);
    this.#buckets.set(key, { left: left < price ? left : left - price, atMs: nowMs });
    return left < price ? Math.ceil(((price - left) * 60) / this.#perMinute) : 0;
  }
}
