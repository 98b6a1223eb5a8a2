/**
 * What keeps the database small and quick: events expired, days and months made from hours that are over, the size limit, free
 * pages given back, the WAL emptied. One process does it at a time (a lease), at most once an hour for each database, in small
 * steps between which requests are answered. It has no timer of its own.
 */
import type { Clock } from "../clock.ts";
import { databaseSize } from "../store/database.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import { acquire, holds, type Lease, newOwner, release } from "../store/lease.ts";
import {
  type Expired,
  eventSize,
  expireByAge,
  isEventAhead,
  type Limits,
  momentBefore,
  recordLimit,
  recordRun,
  shrink,
  trustedMs,
} from "../store/retention.ts";
import { dayOfHour, localHourOf } from "../store/rollups/local-time.ts";
import { rollUpDays } from "../store/rollups/rollups.ts";
import { readNumber } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import { dropBodies, dropOldestBodies } from "../upload/ledger/ledger.ts";

/** What lies beside the database and expires with it. Called once a run, with the moment before which things have expired. */
export type OnExpire = (oldestMs: number) => void;

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** The longest step should take no longer, so that a request or another process never waits for it. Milliseconds. */
const maxStepMs = 20;
/** Rows of one step: adapted to what this machine does in half of `maxStepMs`. */
const rowsPerStep = { min: 25, first: 250, max: 2_000 } as const;
/** Bodies of one step: about a megabyte. */
const bodiesPerStep = 32;
/** The part of the size limit that belongs to events: they are deleted for size only beyond it. */
const eventsShare = 0.25;
/** The part of the events that goes at a time for the size limit, at least and at most. */
const [minPart, maxPart] = [0.1, 0.5];

type Step = (connection: Connection) => void;

export class Maintenance {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #alsoExpire: OnExpire;
  readonly #owner = newOwner();
  #lookedMs = 0;
  #rows: number = rowsPerStep.first;
  #lease: Lease | undefined;
  #running: Promise<void> | undefined;
  /** Ends the run after the step that is going on. */
  #isEnough = (): boolean => false;
  #stopped = false;

  constructor(store: Store, clock: Clock, failed: (error: unknown) => void, alsoExpire: OnExpire = () => undefined) {
    this.#alsoExpire = alsoExpire;
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Something was stored: begins, where it is time. A clock that was put back counts as time. */
  stored(limits: Limits): void {
    const nowMs = this.#clock.nowMs();
    if (this.#running !== undefined || this.#stopped || !isDue(this.#lookedMs, nowMs)) return;
    this.#lookedMs = nowMs;
    this.#running = this.#run(limits).finally(() => {
      this.#running = undefined;
    });
  }

  /**
   * For a process that is about to end: runs what is due for up to `budgetMs`, and to its end where the database is over its limit
   * or an event is a day overdue.
   */
  async finish(limits: Limits, budgetMs: number): Promise<void> {
    const endMs = performance.now() + budgetMs;
    this.#isEnough = () => performance.now() >= endMs;
    this.stored(limits);
    await this.#running;
  }

  /** Gives the lease back; nothing is done any more. */
  stop(): void {
    const lease = this.#lease;
    this.#stopped = true;
    this.#lease = undefined;
    if (lease !== undefined)
      this.#attempt(() => this.#store.withExistingDatabase((connection) => release(connection, lease)));
  }

  /** One step, then whatever else is waiting, then the next. */
  async #run(limits: Limits): Promise<void> {
    await nextTurn();
    this.#attempt(() => {
      this.#lease = this.#store.withExistingDatabase((connection) => this.#begin(connection));
    });
    const run = { mustFinish: false };
    const steps = this.#steps(limits, run);
    while (this.#lease !== undefined && !this.#stopped) {
      this.#attempt(() => this.#next(steps, run));
      await nextTurn();
    }
  }

  /** Takes the lease, where an hour has passed since any process last did. */
  #begin(connection: Connection): Lease | undefined {
    const nowMs = this.#clock.nowMs();
    if (!isDue(readNumber(connection, "maintenance_at"), nowMs)) return undefined;
    const lease = acquire(connection, "maintenance", this.#owner, nowMs);
    if (lease !== undefined) immediately(connection, () => recordRun(connection, nowMs));
    return lease;
  }

  #next(steps: Iterator<Step>, run: { readonly mustFinish: boolean }): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    const { done, value: step } = steps.next();
    const isOver = done === true || (this.#isEnough() && !run.mustFinish);
    this.#store.withExistingDatabase((connection) => {
      if (isOver || !holds(connection, lease)) {
        release(connection, lease);
        this.#lease = undefined;
        return;
      }
      acquire(connection, lease.name, lease.owner, this.#clock.nowMs());
      const startedMs = performance.now();
      step?.(connection);
      this.#adapt(performance.now() - startedMs);
    });
  }

  /** Keeps steps at about half of what they may take. */
  #adapt(tookMs: number): void {
    const factor = tookMs > maxStepMs / 2 ? 0.5 : tookMs < maxStepMs / 8 ? 1.5 : 1;
    this.#rows = Math.round(Math.min(rowsPerStep.max, Math.max(rowsPerStep.min, this.#rows * factor)));
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#lease = undefined;
      this.#failed(error);
    }
  }

  /** The steps, each short. `run.mustFinish` is set as soon as a step finds that the run must not end early. */
  *#steps(limits: Limits, run: { mustFinish: boolean }): Generator<Step> {
    run.mustFinish = databaseSize(this.#store.file) > limits.maxBytes;
    yield* this.#byAge(limits, run);
    yield* this.#closed();
    yield* this.#bySize(limits.maxBytes);
    yield* repeated(shrink);
    yield emptyLog;
  }

  *#byAge({ retentionDays, ledgerBodyDays }: Limits, run: { mustFinish: boolean }): Generator<Step> {
    const nowMs = this.#clock.nowMs();
    let trusted = nowMs;
    let isHeld = false;
    yield (connection) => {
      trusted = trustedMs(connection, nowMs);
      isHeld = isEventAhead(connection, nowMs);
    };
    const oldestMs = trusted - retentionDays * dayMs;
    if (!isHeld) {
      yield* this.#expired(oldestMs, ({ oldestMs: found }) => {
        if (found < oldestMs - dayMs) run.mustFinish = true;
      });
    }
    yield () => this.#alsoExpire(oldestMs);
    if (ledgerBodyDays !== undefined) yield (connection) => dropBodies(connection, trusted - ledgerBodyDays * dayMs);
  }

  /** Deletes what happened before a moment, some rows a step, up to `most` of them. */
  *#expired(beforeMs: number, watch: (expired: Expired) => void, max = Number.POSITIVE_INFINITY): Generator<Step> {
    let left = max;
    for (let next: number | undefined = 0; next !== undefined && left > 0; ) {
      const from: number = next;
      yield (connection) => {
        const expired = expireByAge(connection, beforeMs, from, Math.min(this.#rows, left));
        watch(expired);
        left -= expired.events;
        next = expired.next;
      };
    }
  }

  /** Days and months that are over, a day a step. */
  *#closed(): Generator<Step> {
    const today = dayOfHour(localHourOf(this.#clock.nowMs()));
    yield* repeated((connection) => immediately(connection, () => rollUpDays(connection, today, 1)));
  }

  /** First what is free already, then the ledger's bodies, then the oldest events, if events are what is large. */
  *#bySize(maxBytes: number): Generator<Step> {
    const isOver = () => databaseSize(this.#store.file) > maxBytes;
    if (isOver()) yield* giveBack();
    for (let dropped = 1; isOver() && dropped > 0; ) {
      yield (connection) => {
        dropped = this.#dropBodies(connection);
      };
      yield* giveBack();
    }
    for (let removed = 1; isOver() && removed > 0; ) {
      let [beforeMs, max] = [0, 0];
      yield (connection) => {
        [beforeMs, max] = this.#oldestToDelete(connection, maxBytes);
      };
      removed = 0;
      const watch = ({ events }: Expired) => {
        removed += events;
      };
      yield* this.#expired(beforeMs, watch, max);
      const count = removed;
      if (count > 0) yield (connection) => recordLimit(connection, "limit_events", count, this.#clock.nowMs());
      yield* giveBack();
    }
  }

  #dropBodies(connection: Connection): number {
    const dropped = immediately(connection, () => dropOldestBodies(connection, bodiesPerStep));
    if (dropped > 0) recordLimit(connection, "limit_bodies", dropped, this.#clock.nowMs());
    return dropped;
  }

  /** The moment before which events go for the size limit, and how many of them; 0 if none do. */
  #oldestToDelete(connection: Connection, maxBytes: number): [beforeMs: number, most: number] {
    const { count, bytes } = eventSize(connection);
    const isEnough = bytes <= maxBytes * eventsShare || isEventAhead(connection, this.#clock.nowMs());
    if (isEnough) return [0, 0];
    const excess = databaseSize(this.#store.file) - maxBytes;
    const part = Math.min(maxPart, Math.max(minPart, excess / bytes));
    return [momentBefore(connection, part), Math.ceil(part * count)];
  }
}

const isDue = (lastMs: number, nowMs: number): boolean => nowMs < lastMs || nowMs - lastMs >= hourMs;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same step until it says that there is no more to do. */
function* repeated(step: (connection: Connection) => boolean): Generator<Step> {
  let again = true;
  while (again) {
    yield (connection) => {
      again = step(connection);
    };
  }
}

/** Gives free pages back, so that the size of the file is that of its content. */
function* giveBack(): Generator<Step> {
  yield emptyLog;
  yield* repeated(shrink);
  yield emptyLog;
}

/** Moves what the WAL holds into the database, as far as no reader needs it. */
function emptyLog(connection: Connection): void {
  connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
}
