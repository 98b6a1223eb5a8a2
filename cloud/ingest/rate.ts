/** How many requests of one installation are taken: a bucket that fills evenly. */

const mostKnown = 100_000;

export class RateLimit {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Seconds to wait; 0 where it may go on. */
  take(who: string, nowMs: number): number {
    const bucket = this.#buckets.get(who) ?? { left: this.#perMinute, atMs: nowMs };
    const left = Math.min(this.#perMinute, bucket.left + (Math.max(0, nowMs - bucket.atMs) * this.#perMinute) / 60_000);
    // The one that was seen longest ago goes first.
    this.#buckets.delete(who);
    if (this.#buckets.size >= mostKnown) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    this.#buckets.set(who, { left: left < 1 ? left : left - 1, atMs: nowMs });
    return left < 1 ? Math.ceil(((1 - left) * 60) / this.#perMinute) : 0;
  }
}
