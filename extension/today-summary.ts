/** Today in a few numbers for the status item: read where a worker runs anyway, now and then after news. */
import type { Today } from "../shared/protocol/record.ts";
import type { Timers } from "./timers.ts";

/** Nobody looks at a tooltip more often. */
const gatherMs = 5_000;

export class TodaySummary {
  readonly #ask: () => Promise<Today>;
  readonly #timers: Timers;
  readonly #changed: () => void;
  #numbers: Today | null = null;
  #cancelRead: (() => void) | undefined;

  /** `ask` fails where no worker runs. */
  constructor(ask: () => Promise<Today>, timers: Timers, changed: () => void) {
    this.#ask = ask;
    this.#timers = timers;
    this.#changed = changed;
  }

  /** `null` until a worker has told. */
  get numbers(): Today | null {
    return this.#numbers;
  }

  dataChanged(): void {
    this.#cancelRead ??= this.#timers.after(gatherMs, () => void this.#read());
  }

  /** What was told is of no use any more. */
  forget(): void {
    this.#cancelRead?.();
    this.#cancelRead = undefined;
    this.#numbers = null;
  }

  async #read(): Promise<void> {
    this.#cancelRead = undefined;
    try {
      this.#numbers = await this.#ask();
    } catch {
      // The worker is down, which is told elsewhere; the numbers stay until the next news.
      return;
    }
    this.#changed();
  }
}
