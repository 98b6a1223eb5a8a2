/**
 * The expected data, computed without any code of the product: stored events, daily totals, and the
 * events that the server must have or may have.
 */
export const dayMs = 24 * 60 * 60 * 1000;

/** Data retention. Days. */
const retentionDays = 90;
/** Expired events must be deleted within this time. Days. */
const graceDays = 5;

export interface Known {
  readonly id: string;
  readonly tsMs: number;
  /** Correct time of recording, even if `tsMs` is from a wrong clock. */
  readonly recordedMs: number;
  /** `must`: shared once the server is up; `may`: depends on a wrong clock; `never`. */
  readonly sharing: "must" | "may" | "never";
}

export class Model {
  #events: Known[] = [];
  /** Days since 1970 → number of recorded events, including expired ones. */
  #totals = new Map<number, number>();
  readonly #sent = new Set<string>();
  readonly #maySend = new Set<string>();
  /**
   * No event may expire before this time, because an event is dated in the future or the clock
   * jumped.
   */
  #heldUntilMs = 0;

  record(events: readonly Known[]): void {
    this.#events.push(...events);
    for (const { id, tsMs, sharing } of events) {
      const day = Math.floor(tsMs / dayMs);
      this.#totals.set(day, (this.#totals.get(day) ?? 0) + 1);
      if (sharing === "must") this.#sent.add(id);
      if (sharing !== "never") this.#maySend.add(id);
    }
  }

  hold(untilMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs);
  }

  /** Deletes all local events. Events that were not sent are never sent. */
  purge(arrived: ReadonlySet<string>): void {
    this.forgetLocal(arrived);
    this.#heldUntilMs = 0;
  }

  /** Deletes the database; the server keeps its events. */
  forgetLocal(arrived: ReadonlySet<string>): void {
    this.#events = [];
    this.#totals = new Map();
    for (const id of this.#sent) if (!arrived.has(id)) this.#sent.delete(id);
  }

  /** Returns the differences between database and model, as sentences. */
  differences(stored: ReadonlySet<string>, totals: ReadonlyMap<number, number>, nowMs: number): readonly string[] {
    const faults: string[] = [];
    const known = new Set(this.#events.map(({ id }) => id));
    for (const id of stored) if (!known.has(id)) faults.push(`${id} is stored but was erased or never recorded`);
    const isHeld = nowMs < this.#heldUntilMs;
    for (const { id, tsMs, recordedMs } of this.#events) {
      const ageDays = (nowMs - tsMs) / dayMs;
      if ((isHeld || ageDays < retentionDays - 1) && !stored.has(id)) faults.push(`${id} of ${at(tsMs)} is lost`);
      const isOverdue = ageDays > retentionDays + graceDays && nowMs - recordedMs > graceDays * dayMs;
      if (!isHeld && nowMs > this.#heldUntilMs + graceDays * dayMs && isOverdue && stored.has(id))
        faults.push(`${id} of ${at(tsMs)} should have expired`);
    }
    for (const day of new Set([...totals.keys(), ...this.#totals.keys()])) {
      const [actual, expected] = [totals.get(day) ?? 0, this.#totals.get(day) ?? 0];
      if (actual !== expected) faults.push(`the total of ${at(day * dayMs)} is ${actual}, not ${expected}`);
    }
    return faults;
  }

  /** Returns the differences between server and model; `all`: no events are pending. */
  shared(arrived: ReadonlySet<string>, all: boolean): readonly string[] {
    const unwanted = [...arrived].filter((id) => !this.#maySend.has(id)).map((id) => `${id} was sent without consent`);
    const missing = all ? [...this.#sent].filter((id) => !arrived.has(id)).map((id) => `${id} was not sent`) : [];
    return [...unwanted, ...missing];
  }
}

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
