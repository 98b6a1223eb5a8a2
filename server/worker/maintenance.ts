/**
 * Keeps the database small and fast: data retention, daily and monthly rollups, the size limit,
 * returning free pages, and emptying the WAL. Runs in one process at a time (lease), at most once
 * an hour per database, in short steps between which requests are handled. Has no timer.
 */
import { hourMs } from "../../shared/schema/durations.ts";
import type { Clock } from "../clock.ts";
import { databaseSize } from "../store/database.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import { acquire, holds, type Lease, newOwner, release } from "../store/lease.ts";
import {
  type Expired,
  eventSize,
  expireByAge,
  expireTotals,
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

/** Deletes data outside the database from before `oldestMs`. Called once per run. */
export type OnExpire = (oldestMs: number) => void;

const dayMs = 24 * hourMs;

/** Target limit for a step, so that requests and other processes do not wait noticeably. */
const maxStepMs = 20;
/** Rows per step, adapted so that a step takes about half of `maxStepMs` on this machine. */
const rowsPerStep = { min: 25, first: 250, max: 2_000 } as const;
/** About 1 MB. */
const bodiesPerStep = 32;
/** Share of the size limit reserved for events: below it, no events are deleted for size. */
const eventsShare = 0.25;
/** Min and max share of the events deleted at once for the size limit. */
const [minPart, maxPart] = [0.1, 0.5];

type Step = (connection: Connection) => void;

export class Maintenance {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #onExpire: OnExpire;
  readonly #owner = newOwner();
  #checkedMs = 0;
  #rows: number = rowsPerStep.first;
  #lease: Lease | undefined;
  #running: Promise<void> | undefined;
  /** Whether to end the run after the current step. */
  #isBudgetSpent = (): boolean => false;
  #stopped = false;

  constructor(store: Store, clock: Clock, onError: (error: unknown) => void, onExpire: OnExpire = () => undefined) {
    this.#onExpire = onExpire;
    this.#store = store;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Starts a run if one is due. Called after each write. */
  stored(limits: Limits): void {
    const nowMs = this.#clock.nowMs();
    if (this.#running !== undefined || this.#stopped || !isDue(this.#checkedMs, nowMs)) return;
    this.#checkedMs = nowMs;
    this.#running = this.#run(limits).finally(() => {
      this.#running = undefined;
    });
  }

  /**
   * Runs due work for up to `budgetMs` before the process ends. Ignores the budget if the database
   * exceeds its size limit or an event is a day overdue.
   */
  async finish(limits: Limits, budgetMs: number): Promise<void> {
    const endMs = performance.now() + budgetMs;
    this.#isBudgetSpent = () => performance.now() >= endMs;
    this.stored(limits);
    await this.#running;
  }

  /** Releases the lease and prevents further runs. */
  stop(): void {
    const lease = this.#lease;
    this.#stopped = true;
    this.#lease = undefined;
    if (lease !== undefined)
      this.#attempt(() => this.#store.withExistingDatabase((connection) => release(connection, lease)));
  }

  /** Yields to the event loop between steps. */
  async #run(limits: Limits): Promise<void> {
    await nextTurn();
    if (this.#stopped) return;
    this.#attempt(() => {
      this.#lease = this.#store.withExistingDatabase((connection) => this.#start(connection));
    });
    const run = { mustFinish: false };
    const steps = this.#steps(limits, run);
    while (this.#lease !== undefined && !this.#stopped) {
      this.#attempt(() => this.#next(steps, run));
      await nextTurn();
    }
  }

  /** Acquires the lease if the last run of any process was at least an hour ago. */
  #start(connection: Connection): Lease | undefined {
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
    const isOver = done === true || (this.#isBudgetSpent() && !run.mustFinish);
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

  #adapt(tookMs: number): void {
    const factor = tookMs > maxStepMs / 2 ? 0.5 : tookMs < maxStepMs / 8 ? 1.5 : 1;
    this.#rows = Math.round(Math.min(rowsPerStep.max, Math.max(rowsPerStep.min, this.#rows * factor)));
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#lease = undefined;
      this.#onError(error);
    }
  }

  /** Sets `run.mustFinish` when a step finds that the run must not end early. */
  *#steps(limits: Limits, run: { mustFinish: boolean }): Generator<Step> {
    run.mustFinish = databaseSize(this.#store.file) > limits.maxBytes;
    yield* this.#expireByAge(limits, run);
    yield* this.#rollUp();
    yield* this.#limitSize(limits.maxBytes);
    yield* repeat(shrink);
    yield truncateWal;
  }

  *#expireByAge(
    { retentionDays, rollupRetentionDays, ledgerBodyDays }: Limits,
    run: { mustFinish: boolean },
  ): Generator<Step> {
    const nowMs = this.#clock.nowMs();
    let trusted = nowMs;
    let isOnHold = false;
    yield (connection) => {
      trusted = trustedMs(connection, nowMs);
      isOnHold = isEventAhead(connection, nowMs);
    };
    const oldestMs = trusted - retentionDays * dayMs;
    if (!isOnHold) {
      yield* this.#deleteBefore(oldestMs, ({ oldestMs: deletedMs }) => {
        if (deletedMs < oldestMs - dayMs) run.mustFinish = true;
      });
    }
    yield () => this.#onExpire(oldestMs);
    if (rollupRetentionDays !== undefined && !isOnHold) {
      const beforeDay = dayOfHour(localHourOf(trusted)) - rollupRetentionDays;
      yield (connection) => immediately(connection, () => expireTotals(connection, beforeDay));
    }
    if (ledgerBodyDays !== undefined) yield (connection) => dropBodies(connection, trusted - ledgerBodyDays * dayMs);
  }

  /** Deletes up to `max` events from before `beforeMs`, some rows per step. */
  *#deleteBefore(
    beforeMs: number,
    onDeleted: (expired: Expired) => void,
    max = Number.POSITIVE_INFINITY,
  ): Generator<Step> {
    let remaining = max;
    for (let next: number | undefined = 0; next !== undefined && remaining > 0; ) {
      const from: number = next;
      yield (connection) => {
        const expired = expireByAge(connection, beforeMs, from, Math.min(this.#rows, remaining));
        onDeleted(expired);
        remaining -= expired.events;
        next = expired.next;
      };
    }
  }

  /** Rolls up completed days and months, one day per step. */
  *#rollUp(): Generator<Step> {
    const today = dayOfHour(localHourOf(this.#clock.nowMs()));
    yield* repeat((connection) => immediately(connection, () => rollUpDays(connection, today, 1)));
  }

  /** Frees space in this order: free pages, ledger bodies, the oldest events beyond their share. */
  *#limitSize(maxBytes: number): Generator<Step> {
    const isOver = () => databaseSize(this.#store.file) > maxBytes;
    if (isOver()) yield* releasePages();
    for (let dropped = 1; isOver() && dropped > 0; ) {
      yield (connection) => {
        dropped = this.#dropBodies(connection);
      };
      yield* releasePages();
    }
    for (let removed = 1; isOver() && removed > 0; ) {
      let [beforeMs, max] = [0, 0];
      yield (connection) => {
        [beforeMs, max] = this.#oldestToDelete(connection, maxBytes);
      };
      removed = 0;
      const onDeleted = ({ events }: Expired) => {
        removed += events;
      };
      yield* this.#deleteBefore(beforeMs, onDeleted, max);
      const count = removed;
      if (count > 0) yield (connection) => recordLimit(connection, "limit_events", count, this.#clock.nowMs());
      yield* releasePages();
    }
  }

  #dropBodies(connection: Connection): number {
    const dropped = immediately(connection, () => dropOldestBodies(connection, bodiesPerStep));
    if (dropped > 0) recordLimit(connection, "limit_bodies", dropped, this.#clock.nowMs());
    return dropped;
  }

  /** Returns up to which time and how many events to delete for the size limit; 0 if none. */
  #oldestToDelete(connection: Connection, maxBytes: number): [beforeMs: number, max: number] {
    const { count, bytes } = eventSize(connection);
    const mustKeep = bytes <= maxBytes * eventsShare || isEventAhead(connection, this.#clock.nowMs());
    if (mustKeep) return [0, 0];
    const excess = databaseSize(this.#store.file) - maxBytes;
    const part = Math.min(maxPart, Math.max(minPart, excess / bytes));
    return [momentBefore(connection, part), Math.ceil(part * count)];
  }
}

/** A run is also due when the clock was set back. */
const isDue = (lastMs: number, nowMs: number): boolean => nowMs < lastMs || nowMs - lastMs >= hourMs;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Repeats a step while it returns true. */
function* repeat(step: (connection: Connection) => boolean): Generator<Step> {
  let again = true;
  while (again) {
    yield (connection) => {
      again = step(connection);
    };
  }
}

/** Returns free pages to the file system, so that the file size equals the size of its content. */
function* releasePages(): Generator<Step> {
  yield truncateWal;
  yield* repeat(shrink);
  yield truncateWal;
}

/** Moves WAL content into the database, except pages that a reader still needs. */
function truncateWal(connection: Connection): void {
  connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
}
