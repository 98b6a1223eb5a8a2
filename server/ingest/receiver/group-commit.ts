/**
 * Group commit: events that arrive during a transaction share the next one; each caller gets its
 * own outcome.
 */
import type { Raw } from "../../../shared/schema/raw.ts";

export type CommitOutcome = "stored" | "not_permitted" | "failed";

interface PendingCommit {
  readonly events: readonly Raw[];
  readonly done: (outcome: CommitOutcome) => void;
}

/** Maximum number of events per transaction. */
const maxEvents = 2_000;

export class GroupCommit {
  readonly #write: (events: readonly Raw[]) => CommitOutcome;
  #pending: PendingCommit[] = [];

  /** `write`: commits events in one transaction. */
  constructor(write: (events: readonly Raw[]) => CommitOutcome) {
    this.#write = write;
  }

  /** Resolves with the outcome, after the transaction. */
  add(events: readonly Raw[]): Promise<CommitOutcome> {
    if (events.length === 0) return Promise.resolve("stored");
    return new Promise((done) => {
      if (this.#pending.length === 0) setImmediate(() => this.#flush());
      this.#pending.push({ events, done });
    });
  }

  /**
   * Returns errors as an outcome: `#flush` runs as a callback, where no caller could catch them.
   */
  #commit(events: readonly Raw[]): CommitOutcome {
    try {
      return this.#write(events);
    } catch {
      return "failed";
    }
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    let from = 0;
    while (from < pending.length) {
      let to = from;
      let count = 0;
      do {
        count += pending[to]?.events.length ?? 0;
        to += 1;
      } while (to < pending.length && count + (pending[to]?.events.length ?? 0) <= maxEvents);
      const group = pending.slice(from, to);
      const outcome = this.#commit(group.flatMap(({ events }) => events));
      for (const { done } of group) done(outcome);
      from = to;
    }
  }
}
