/** Token buckets, one for each key: each fills evenly and holds at most what a minute brings. */
import { RecentMap } from "./recent-map.ts";

const maxBuckets = 100_000;

export class RateLimit {
  readonly #perMinute: number;
  readonly #buckets = new RecentMap<string, { readonly left: number; readonly atMs: number }>(maxBuckets);

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /**
   * Takes `cost` tokens, or none where there are too few. What costs more than a bucket holds needs a full one.
   * @returns seconds to wait; 0 where it may go on.
   */
  take(key: string, nowMs: number, cost = 1): number {
    const price = Math.min(cost, this.#perMinute);
    const { left: before, atMs } = this.#buckets.get(key) ?? { left: this.#perMinute, atMs: nowMs };
    const left = Math.min(this.#perMinute, before + (Math.max(0, nowMs - atMs) * this.#perMinute) / 60_000);
    this.#buckets.set(key, { left: left < price ? left : left - price, atMs: nowMs });
    return left < price ? Math.ceil(((price - left) * 60) / this.#perMinute) : 0;
  }
}
