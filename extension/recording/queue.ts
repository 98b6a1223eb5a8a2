/**
 * Keeps captured events in memory until the worker has committed them.
 *
 * Batches are sent at 50 events, 250 ms after the first event (unless the configuration says otherwise), or at shutdown, one at a
 * time and in order. A batch is sent again until it is acknowledged; the worker ignores events that it already
 * has. The queue is bounded in events and in characters: a full queue refuses events, and the caller
 * counts them (ADR 0004). It does no I/O.
 */

import { defaultFlushRule, type FlushRule } from "../../shared/protocol/record.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import { Backoff, type Timers } from "../timers.ts";

/** One hour without a worker at one event per second. */
const defaultCapacity = 4_000;
/** Text of events: a command line has up to 65,536 characters. About 4 MB of memory. */
const maxCharacters = 4_000_000;

/** `stored`: committed. `forget`: not allowed, discard all events. `later`: try again. */
export type Delivery = "stored" | "forget" | "later";

export class EventQueue {
  readonly #deliver: (batch: readonly Raw[]) => Promise<Delivery>;
  readonly #timers: Timers;
  readonly #capacity: number;
  readonly #backoff = new Backoff();
  #rule: FlushRule = defaultFlushRule;
  #events: Raw[] = [];
  /** Characters of each event. */
  #sizes: number[] = [];
  #characters = 0;
  #cancelTimer: (() => void) | undefined;
  /** The last batch was not stored: nothing is sent until the backoff is over. */
  #backingOff = false;
  #sending: Promise<void> | undefined;
  /** Incremented by `clear`, so that a late response does not remove newer events. */
  #generation = 0;

  constructor(deliver: (batch: readonly Raw[]) => Promise<Delivery>, timers: Timers, capacity = defaultCapacity) {
    this.#deliver = deliver;
    this.#timers = timers;
    this.#capacity = capacity;
  }

  /** Applies the rule that a worker announced. */
  follow(rule: FlushRule): void {
    this.#rule = rule;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Adds an event with so many characters of text; returns `false` if the queue is full. */
  push(event: Raw, characters = 0): boolean {
    if (!this.hasRoom || this.#characters + characters > maxCharacters) return false;
    const length = this.#events.push(event);
    this.#sizes.push(characters);
    this.#characters += characters;
    if (this.#sending === undefined && !this.#backingOff) {
      if (length >= this.#rule.maxEvents) this.#send();
      else this.#cancelTimer ??= this.#timers.after(this.#rule.maxWaitMs, () => this.#elapsed());
    }
    return true;
  }

  get hasRoom(): boolean {
    return this.#events.length < this.#capacity;
  }

  /** Sends all events now; resolves after the attempt, successful or not. */
  async flush(): Promise<void> {
    await this.#sending;
    if (this.#events.length > 0) this.#send();
    await this.#sending;
  }

  /** Discards all events, for example when the user withdraws consent. */
  clear(): void {
    this.#generation += 1;
    this.#events = [];
    this.#sizes = [];
    this.#characters = 0;
    this.#backoff.reset();
    this.#stopTimer();
  }

  #elapsed(): void {
    this.#cancelTimer = undefined;
    this.#backingOff = false;
    this.#send();
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#backingOff = false;
  }

  /** Does not cancel a running timer: creating a new one is the most expensive step here. */
  #send(): void {
    if (this.#sending !== undefined) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
      // Events pushed while the last response was processed have no timer yet.
      if (this.#events.length > 0 && !this.#backingOff) this.#send();
    });
  }

  /** Sends batches until the queue is empty or one of them was not stored. */
  async #sendAll(): Promise<void> {
    while (this.#events.length > 0) {
      const generation = this.#generation;
      const batch = this.#events.slice(0, this.#rule.maxEvents);
      const delivery = await this.#deliver(batch);
      if (generation !== this.#generation) continue;
      if (delivery === "forget") this.clear();
      else if (delivery === "stored") {
        this.#events.splice(0, batch.length);
        for (const characters of this.#sizes.splice(0, batch.length)) this.#characters -= characters;
        this.#backoff.reset();
      } else {
        this.#stopTimer();
        this.#backingOff = true;
        this.#cancelTimer = this.#timers.after(this.#backoff.nextMs(), () => this.#elapsed());
        return;
      }
    }
  }
}
