/** A run of sending as others see it: what is asked, the steps it takes, what ends it, and the report. */
import type { QuarantinedFile } from "../state/outbox-folder.ts";

/** Every step that leaves something behind, in order; a crash may come after each. */
export const uploadSteps = [
  "leased",
  "state_begun",
  "frozen",
  "state_written",
  "outbox_written",
  "enrolled",
  "sending_noted",
  "answer_arrived",
  "answer_noted",
  "file_removed",
  "released",
] as const;
export type UploadStep = (typeof uploadSteps)[number];

export interface SyncOptions {
  /** At most so many events in this run. */
  readonly limit?: number | undefined;
  /** Sends what waits in the outbox, and builds nothing. */
  readonly onlyFlush?: boolean | undefined;
  /** Tries the batches again that a server refused. */
  readonly rejected?: boolean | undefined;
  /** The user asked for it: our own pauses do not count, what the server asked for does. */
  readonly userInitiated: boolean;
}

export const syncOutcomes = ["done", "not_permitted", "busy", "waiting", "paused", "failed", "stopped"] as const;
export type SyncOutcome = (typeof syncOutcomes)[number];

export interface SyncReport {
  readonly outcome: SyncOutcome;
  readonly events: number;
  readonly batches: number;
  readonly rejected: number;
  /** Erasures that servers confirmed. */
  readonly erased: number;
  /** Erasures that servers accepted and have not finished: their receipts follow. */
  readonly erasing: number;
  /** Events that wait in the outbox. */
  readonly remaining: number;
  /** Events that may be sent and were not yet, those in the outbox among them; no more are counted than `mostCounted`. */
  readonly pending: number;
  /** What keeps it from going on, as a sentence. */
  readonly reason: string | null;
  /** When it goes on by itself, in milliseconds since 1970. */
  readonly retryAtMs: number | null;
  readonly quarantined: readonly QuarantinedFile[];
}

export interface SyncProgress {
  readonly events: number;
  readonly batches: number;
}

/** The lease went to another process. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** Something that ends the run, as its report tells. */
export class SyncStopped extends Error {
  override readonly name = "Stop";
  readonly outcome: SyncOutcome;
  readonly retryAtMs: number | null;

  constructor(outcome: SyncOutcome, reason: string, retryAtMs: number | null = null) {
    super(reason);
    this.outcome = outcome;
    this.retryAtMs = retryAtMs;
  }
}
