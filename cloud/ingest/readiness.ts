/** Whether batches can be appended to the log: asked of the log itself, at most once a second. */
import type { EventLog } from "../log/event-log.ts";

const freshMs = 1_000;

export class Readiness {
  readonly #log: EventLog;
  readonly #now: () => number;
  #asked: { readonly atMs: number; readonly writable: Promise<boolean> } | undefined;

  constructor(log: EventLog, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  isWritable(): Promise<boolean> {
    const nowMs = this.#now();
    if (this.#asked === undefined || Math.abs(nowMs - this.#asked.atMs) >= freshMs) {
      const writable = this.#log.probe().then(
        () => true,
        () => false,
      );
      this.#asked = { atMs: nowMs, writable };
    }
    return this.#asked.writable;
  }
}
