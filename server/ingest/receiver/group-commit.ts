/** Group commit: what comes in while a transaction is written goes into the next one together, and each caller waits for its own. */
import type { Raw } from "../../../shared/schema/raw.ts";

export type CommitOutcome = "stored" | "not_permitted" | "failed";

interface PendingCommit {
  readonly events: readonly Raw[];
  readonly done: (committed: CommitOutcome) => void;
}

/** So many events go into one transaction. */
const maxEvents = 2_000;

export class GroupCommit {
  readonly #write: (events: readonly Raw[]) => CommitOutcome;
  #waiting: PendingCommit[] = [];

  /** `write` puts events into one transaction. */
  constructor(write: (events: readonly Raw[]) => CommitOutcome) {
    this.#write = write;
  }

  /** Resolves after the events are durable, or with why they are not. */
  add(events: readonly Raw[]): Promise<CommitOutcome> {
    if (events.length === 0) return Promise.resolve("stored");
    return new Promise((done) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ events, done });
    });
  }

  /** Here nobody is above who could catch: what fails is told to those who wait. */
  #committed(events: readonly Raw[]): CommitOutcome {
    try {
      return this.#write(events);
    } catch {
      return "failed";
    }
  }

  #flush(): void {
    const taken = this.#waiting;
    this.#waiting = [];
    let from = 0;
    while (from < taken.length) {
      let to = from;
      let count = 0;
      do {
        count += taken[to]?.events.length ?? 0;
        to += 1;
      } while (to < taken.length && count + (taken[to]?.events.length ?? 0) <= maxEvents);
      const together = taken.slice(from, to);
      const committed = this.#committed(together.flatMap(({ events }) => events));
      for (const { done } of together) done(committed);
      from = to;
    }
  }
}
