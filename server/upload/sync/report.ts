/**
 * The interface of an upload run: its options, its steps, the errors that end it, and its report.
 */
import { type Message, textOf } from "../../../shared/protocol/message.ts";
import type { QuarantinedFile } from "../state/outbox-folder.ts";

/**
 * Every step that changes a file, a row or the server, in order. Crash tests kill a run after each.
 */
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
  /** Maximum number of events in this run. */
  readonly limit?: number | undefined;
  /** Sends only pending batches; freezes no new ones. */
  readonly onlyFlush?: boolean | undefined;
  /** Only requests pending erasures; sends no batch. */
  readonly onlyErase?: boolean | undefined;
  /** Sends the rejected batches again. */
  readonly rejected?: boolean | undefined;
  /** Ignores pauses and our own waits, but not the server's. */
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
  /** Erasures that servers accepted and have not finished. */
  readonly erasing: number;
  /** Events in the outbox. */
  readonly remaining: number;
  /** Unsent events that may be sent, the outbox included, counted up to `maxCounted`. */
  readonly pending: number;
  /** Why the run ended early, or a note on a run that is done. */
  readonly reason: Message | null;
  /** Time of the next automatic attempt, in milliseconds since 1970. */
  readonly retryAtMs: number | null;
  readonly quarantined: readonly QuarantinedFile[];
}

export interface SyncProgress {
  readonly events: number;
  readonly batches: number;
}

/** Another process acquired the lease. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** Ends the run with an outcome and a reason for its report. */
export class SyncStopped extends Error {
  override readonly name = "SyncStopped";
  readonly reason: Message;
  readonly outcome: SyncOutcome;
  readonly retryAtMs: number | null;

  constructor(outcome: SyncOutcome, reason: Message, retryAtMs: number | null = null) {
    super(textOf(reason));
    this.reason = reason;
    this.outcome = outcome;
    this.retryAtMs = retryAtMs;
  }
}
