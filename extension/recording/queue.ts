/**
 * Holds captured events in memory until the worker has committed them.
 *
 * A batch leaves at 50 events, 250 ms after the first one, or at shutdown, one at a time and in order. It stays here
 * until it is acknowledged and is sent again until then; the worker knows an event it has seen. The queue is bounded:
 * what does not fit is not taken, and whoever offered it counts that. It does no I/O of its own.
 */

import { maxEventsPerRequest } from "../../shared/protocol/record.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import { Backoff, type Timers } from "../timers.ts";

/** Long enough to gather what belongs together, short enough to be unnoticed on an open page. */
const gatherMs = 250;

/** About two megabytes of events; an hour of a worker that does not start, at one event a second. */
const defaultCapacity = 4_000;

/** `stored`: committed, forget the batch. `forget`: not permitted, forget everything. `later`: keep and try again. */
export type Delivery = "stored" | "forget" | "later";

export class EventQueue {
  readonly #deliver: (batch: readonly Raw[]) => Promise<Delivery>;
  readonly #timers: Timers;
  readonly #capacity: number;
  readonly #backoff = new Backoff();
  #events: Raw[] = [];
  #cancelTimer: (() => void) | undefined;
  /** A batch had to wait: nothing is sent before its pause is over. */
  #pausing = false;
  #sending: Promise<void> | undefined;
  /** Raised by `clear`, so that an answer that was on its way does not remove newer events. */
  #generation = 0;

  constructor(deliver: (batch: readonly Raw[]) => Promise<Delivery>, timers: Timers, capacity = defaultCapacity) {
    this.#deliver = deliver;
    this.#timers = timers;
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Takes an event, or answers `false` where the queue is full. */
  push(event: Raw): boolean {
    if (!this.hasRoom) return false;
    const length = this.#events.push(event);
    if (this.#sending === undefined && !this.#pausing) {
      if (length >= maxEventsPerRequest) this.#send();
      else this.#cancelTimer ??= this.#timers.after(gatherMs, () => this.#elapsed());
    }
    return true;
  }

  /** Whether one more event would be taken. */
  get hasRoom(): boolean {
    return this.#events.length < this.#capacity;
  }

  /** Sends what is there without waiting; resolves when the attempt is over, whatever came of it. */
  async flush(): Promise<void> {
    await this.#sending;
    if (this.#events.length > 0) this.#send();
    await this.#sending;
  }

  /** Forgets everything, as when the user says no. */
  clear(): void {
    this.#generation += 1;
    this.#events = [];
    this.#backoff.reset();
    this.#stopTimer();
  }

  #elapsed(): void {
    this.#cancelTimer = undefined;
    this.#pausing = false;
    this.#send();
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#pausing = false;
  }

  /** A running timer is left to end by itself: making one costs more than everything else here. */
  #send(): void {
    if (this.#sending !== undefined) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
      // What came while the last answer was being taken in has no timer yet.
      if (this.#events.length > 0 && !this.#pausing) this.#send();
    });
  }

  /** Sends batch after batch until nothing is left or one has to wait. */
  async #sendAll(): Promise<void> {
    while (this.#events.length > 0) {
      const generation = this.#generation;
      const batch = this.#events.slice(0, maxEventsPerRequest);
      const delivery = await this.#deliver(batch);
      if (generation !== this.#generation) continue;
      if (delivery === "forget") this.clear();
      else if (delivery === "stored") {
        this.#events.splice(0, batch.length);
        this.#backoff.reset();
      } else {
        this.#stopTimer();
        this.#pausing = true;
        this.#cancelTimer = this.#timers.after(this.#backoff.nextMs(), () => this.#elapsed());
        return;
      }
    }
  }
}
