/** Today's totals for the status bar's tooltip, read after data changes. Never starts a worker. */
import type { Today } from "../shared/protocol/record.ts";
import type { Timers } from "./timers.ts";

/** A tooltip does not need fresher data. */
const refreshMs = 5_000;

export class TodaySummary {
  readonly #request: () => Promise<Today>;
  readonly #timers: Timers;
  readonly #onChange: () => void;
  #current: Today | null = null;
  #cancelRead: (() => void) | undefined;

  /** `request` rejects if no worker is running. */
  constructor(request: () => Promise<Today>, timers: Timers, onChange: () => void) {
    this.#request = request;
    this.#timers = timers;
    this.#onChange = onChange;
  }

  /** `null` until the worker has answered. */
  get current(): Today | null {
    return this.#current;
  }

  dataChanged(): void {
    this.#cancelRead ??= this.#timers.after(refreshMs, () => void this.#read());
  }

  clear(): void {
    this.#cancelRead?.();
    this.#cancelRead = undefined;
    this.#current = null;
  }

  async #read(): Promise<void> {
    this.#cancelRead = undefined;
    try {
      this.#current = await this.#request();
    } catch {
      // The worker is down, which the supervisor reports. The old totals stay.
      return;
    }
    this.#onChange();
  }
}
