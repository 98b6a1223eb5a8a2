/** Timers are injected, so that tests control the time. */
export interface Timers {
  /** Runs `work` once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, work: () => void): () => void;
}

export const systemTimers: Timers = {
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Delay after the first, second, … consecutive failure; the last one repeats. */
const delaysMs = [1_000, 5_000, 30_000, 300_000] as const;

export class Backoff {
  #failures = 0;

  /** Counts a failure and returns the delay before the next attempt. */
  nextMs(): number {
    const delayMs = delaysMs[Math.min(this.#failures, delaysMs.length - 1)] ?? 0;
    this.#failures += 1;
    return delayMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}
