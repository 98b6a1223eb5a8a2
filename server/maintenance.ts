/**
 * What keeps the database small and quick: days and months made from hours that are over, events expired, free pages given
 * back, the log emptied. One process does it at a time (a lease), only after something was stored, at most once an hour,
 * in small steps between which requests are answered. It has no timer of its own.
 */
import type { Clock } from "./clock.ts";
import { databaseSize } from "./store/database.ts";
import { type Connection, immediately } from "./store/driver.ts";
import { acquire, holds, type Lease, newOwner, release } from "./store/lease.ts";
import { dayOfHour, localHourOf } from "./store/local-time.ts";
import { closeDays } from "./store/metrics.ts";
import { expireByAge, expireOldest, shrink } from "./store/retention.ts";
import type { Store } from "./store/store.ts";
import { dropBodies } from "./upload/ledger.ts";

/** The user's limits: `retention_days` and `max_db_size_mb` of the configuration. */
export interface Limits {
  readonly retentionDays: number;
  readonly mostBytes: number;
  /** `ledger_body_days`: how long the bodies in the ledger are kept; `undefined`: until a purge. */
  readonly ledgerBodyDays: number | undefined;
}

/** What lies beside the database and expires with it. Called once a run, with the moment before which things have expired. */
export type AlsoExpire = (oldestMs: number) => void;

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** Days made in one step. */
const daysPerStep = 7;

export class Maintenance {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #alsoExpire: AlsoExpire;
  readonly #owner = newOwner();
  #lastMs = 0;
  #lease: Lease | undefined;
  #running = false;
  #stopped = false;

  constructor(store: Store, clock: Clock, failed: (error: unknown) => void, alsoExpire: AlsoExpire = () => undefined) {
    this.#alsoExpire = alsoExpire;
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Something was stored: begins, where it is time. A clock that was put back counts as time. */
  stored(limits: Limits): void {
    const nowMs = this.#clock.nowMs();
    const soon = nowMs >= this.#lastMs && nowMs - this.#lastMs < hourMs;
    if (this.#running || this.#stopped || soon) return;
    this.#lastMs = nowMs;
    this.#running = true;
    setImmediate(() => this.#begin(limits));
  }

  /** Gives the lease back; nothing is done any more. */
  stop(): void {
    const lease = this.#lease;
    this.#stopped = true;
    this.#end();
    if (lease !== undefined) this.#attempt(() => this.#store.change((connection) => release(connection, lease)));
  }

  #end(): void {
    this.#running = false;
    this.#lease = undefined;
  }

  #begin(limits: Limits): void {
    if (this.#stopped) return;
    this.#attempt(() => {
      const lease = this.#store.change((connection) =>
        acquire(connection, "maintenance", this.#owner, this.#clock.nowMs()),
      );
      this.#lease = lease;
      if (lease === undefined) this.#end();
      else this.#next(this.#steps(limits), lease);
    });
  }

  /** One step, then whatever else is waiting, then the next. */
  #next(steps: Iterator<(connection: Connection) => void>, lease: Lease): void {
    if (this.#stopped) return;
    this.#attempt(() => {
      const { done, value: step } = steps.next();
      const goesOn = this.#store.change((connection) => {
        if (done === true || !holds(connection, lease)) {
          release(connection, lease);
          return false;
        }
        acquire(connection, lease.name, lease.owner, this.#clock.nowMs());
        step?.(connection);
        return true;
      });
      if (goesOn === true) setImmediate(() => this.#next(steps, lease));
      else this.#end();
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end();
      this.#failed(error);
    }
  }

  /** The steps, each short; a step says with a flag whether it has to be done again. */
  *#steps({ retentionDays, mostBytes, ledgerBodyDays }: Limits): Generator<(connection: Connection) => void> {
    let again = true;
    const today = dayOfHour(localHourOf(this.#clock.nowMs()));
    while (again) {
      yield (connection) => {
        again = immediately(connection, () => closeDays(connection, today, daysPerStep));
      };
    }
    const oldestMs = this.#clock.nowMs() - retentionDays * dayMs;
    again = true;
    while (again) {
      yield (connection) => {
        again = expireByAge(connection, oldestMs) > 0;
      };
    }
    yield () => this.#alsoExpire(oldestMs);
    if (ledgerBodyDays !== undefined) {
      const before = this.#clock.nowMs() - ledgerBodyDays * dayMs;
      yield (connection) => dropBodies(connection, before);
    }
    // First what is free already, then the oldest events until the rest fits.
    while (databaseSize(this.#store.file) > mostBytes) {
      let more = true;
      yield emptyLog;
      while (more) {
        yield (connection) => {
          more = shrink(connection);
        };
      }
      yield emptyLog;
      if (databaseSize(this.#store.file) <= mostBytes) break;
      let expired = 0;
      yield (connection) => {
        expired = expireOldest(connection);
      };
      if (expired === 0) break;
    }
    again = true;
    while (again) {
      yield (connection) => {
        again = shrink(connection);
      };
    }
    yield emptyLog;
  }
}

/** Moves what the log holds into the database, as far as no reader needs it. */
function emptyLog(connection: Connection): void {
  connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
}
