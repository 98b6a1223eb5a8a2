/**
 * What the product must hold, kept without any of its code: which events there are, what they add up to by day, and what the
 * server must and may have.
 */
export const dayMs = 24 * 60 * 60 * 1000;

/** Events are kept for so long; a day or two later they must be gone. Days. */
const retentionDays = 90;
const graceDays = 5;

export interface Known {
  readonly id: string;
  readonly tsMs: number;
  /** By the right clock, whatever the event says. */
  readonly recordedMs: number;
  /** `must`: shared as soon as the server is there; `may`: a wrong clock decides; `never`. */
  readonly sharing: "must" | "may" | "never";
}

export class Model {
  #events: Known[] = [];
  /** Days since 1970 → events, whatever became of them. */
  #totals = new Map<number, number>();
  readonly #sent = new Set<string>();
  readonly #maySend = new Set<string>();
  /** No event is deleted by age before this moment: one of them is ahead of the clock, or the clock has jumped. */
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

  /** Everything is deleted here. What was not sent is not sent any more. */
  purge(arrived: ReadonlySet<string>): void {
    this.forgetLocal(arrived);
    this.#heldUntilMs = 0;
  }

  /** The database is gone; the server keeps what it has. */
  forgetLocal(arrived: ReadonlySet<string>): void {
    this.#events = [];
    this.#totals = new Map();
    for (const id of this.#sent) if (!arrived.has(id)) this.#sent.delete(id);
  }

  /** What differs between the database and the model, as sentences. */
  differences(stored: ReadonlySet<string>, totals: ReadonlyMap<number, number>, nowMs: number): readonly string[] {
    const faults: string[] = [];
    const known = new Set(this.#events.map(({ id }) => id));
    for (const id of stored) if (!known.has(id)) faults.push(`${id} is stored and was erased, or never recorded`);
    const isHeld = nowMs < this.#heldUntilMs;
    for (const { id, tsMs, recordedMs } of this.#events) {
      const ageDays = (nowMs - tsMs) / dayMs;
      if ((isHeld || ageDays < retentionDays - 1) && !stored.has(id)) faults.push(`${id} of ${at(tsMs)} is lost`);
      const isOverdue = ageDays > retentionDays + graceDays && nowMs - recordedMs > graceDays * dayMs;
      if (!isHeld && nowMs > this.#heldUntilMs + graceDays * dayMs && isOverdue && stored.has(id))
        faults.push(`${id} of ${at(tsMs)} should have expired`);
    }
    for (const day of new Set([...totals.keys(), ...this.#totals.keys()])) {
      const [has, should] = [totals.get(day) ?? 0, this.#totals.get(day) ?? 0];
      if (has !== should) faults.push(`the total of ${at(day * dayMs)} is ${has}, not ${should}`);
    }
    return faults;
  }

  /** What differs between the server and the model; `all`: nothing waits any more. */
  shared(arrived: ReadonlySet<string>, all: boolean): readonly string[] {
    const unwanted = [...arrived].filter((id) => !this.#maySend.has(id)).map((id) => `${id} was sent`);
    const missing = all ? [...this.#sent].filter((id) => !arrived.has(id)).map((id) => `${id} was not sent`) : [];
    return [...unwanted, ...missing];
  }
}

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
