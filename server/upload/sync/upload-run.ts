/**
 * One run: remote erasures first, then batch after batch until nothing is pending. Each step can be
 * repeated, so a crash after any of them loses nothing and sends nothing twice;
 * `server/upload/README.md` walks through them.
 */
import { type Message, message } from "../../../shared/protocol/message.ts";
import { countText } from "../../../shared/text/format.ts";
import { countPendingEvents, nextPending, rejectedBatches, requeueRejected } from "../state/batches.ts";
import { readServer } from "../state/known-servers.ts";
import type { QuarantinedFile } from "../state/outbox-folder.ts";
import { saveSynced } from "../state/upload-state.ts";
import { maxEvents } from "../wire/batch.ts";
import { requireAgreedSchema } from "./agreed-schema.ts";
import { BatchSender } from "./batch-sender.ts";
import { sendErasures } from "./erasure.ts";
import { freezeNextBatch } from "./freeze.ts";
import { OutboxRemoval } from "./outbox-removal.ts";
import { reconcile } from "./reconcile.ts";
import { LeaseLostError, type SyncOptions, type SyncOutcome, type SyncReport, SyncStopped } from "./report.ts";
import { notPermittedMessage, UploadSession } from "./upload-session.ts";
import type { UploaderParts } from "./uploader.ts";
import { checkWaits } from "./waits.ts";

/** Wait before the next status request to a server that is still erasing. Milliseconds. */
const erasurePauseMs = 60_000;

export class UploadRun {
  readonly #parts: UploaderParts;
  readonly #owner: string;
  readonly #options: SyncOptions;
  readonly #stop: AbortController;
  #events = 0;
  /** Events of batches that the server answered, accepted or rejected. */
  #tried = 0;
  #batches = 0;
  #rejected = 0;
  #erased = 0;
  /** Erasures that servers accepted and have not finished. */
  #erasing = 0;
  #quarantined: readonly QuarantinedFile[] = [];

  constructor(parts: UploaderParts, owner: string, options: SyncOptions, stop: AbortController) {
    this.#parts = parts;
    this.#owner = owner;
    this.#options = options;
    this.#stop = stop;
  }

  /** @throws SQLite's error, the file system's error. */
  async run(): Promise<SyncReport> {
    const { store, installation, permissions } = this.#parts;
    const policy = permissions.evaluate();
    const mayShare = policy.permission.mode === "share";
    if (!mayShare && installation.pendingErasures().length === 0)
      return this.#report("not_permitted", notPermittedMessage(policy));
    store.selectFile(policy.database);
    const session = UploadSession.open(this.#parts, this.#owner, this.#stop, mayShare);
    if (session === undefined) return this.#report("busy", message("Another window or command is uploading."));
    try {
      const notErased = await this.#erase(session);
      if (!mayShare || this.#options.onlyErase === true) {
        // What is recorded from now on belongs to the next pseudonym.
        if (mayShare) this.#quarantined = reconcile(session);
        return this.#report(notErased === null ? "done" : "waiting", notErased, this.#erasuresDueMs());
      }
      return this.#report("done", (await this.#send(session)) ?? notErased, this.#erasuresDueMs());
    } catch (error) {
      if (error instanceof SyncStopped) return this.#report(error.outcome, error.reason, error.retryAtMs);
      if (error instanceof LeaseLostError)
        return this.#report("busy", message("Another window or command took over the upload."));
      throw error;
    } finally {
      await session.close();
    }
  }

  /**
   * Sends the pending erasures. An erased pseudonym ends; the next batch goes out under a new one.
   * @returns why an erasure was not confirmed, `null` if all were.
   */
  async #erase(session: UploadSession): Promise<Message | null> {
    const { installation, outbox, store } = this.#parts;
    const keysOf = (address: string) => store.read((connection) => readServer(connection, address).keys) ?? new Map();
    const parts = { ...this.#parts, change: session.change, skew: session.skew, keysOf };
    const before = session.state()?.pseudonym.anonUserId;
    const { erased, accepted, reason } = await sendErasures(parts, session.signal);
    this.#erased = erased.length;
    this.#erasing = accepted.length;
    const ended = [...erased, ...accepted];
    if (ended.length === 0) return reason;
    const current = session.state()?.pseudonym.anonUserId;
    if (before !== current) outbox.empty();
    installation.forgetUnused(current);
    return reason;
  }

  #erasuresDueMs(): number | null {
    return this.#erasing > 0 ? this.#parts.clock.nowMs() + erasurePauseMs : null;
  }

  #report(outcome: SyncOutcome, reason: Message | null, retryAtMs: number | null = null): SyncReport {
    return {
      outcome,
      events: this.#events,
      batches: this.#batches,
      rejected: this.#rejected,
      erased: this.#erased,
      erasing: this.#erasing,
      remaining: this.#parts.store.read(countPendingEvents) ?? 0,
      pending: this.#parts.pending(),
      reason,
      retryAtMs,
      quarantined: this.#quarantined,
    };
  }

  /**
   * @returns a note for the report, `null` if there is none.
   * @throws SyncStopped, LeaseLostError
   */
  async #send(session: UploadSession): Promise<Message | null> {
    checkWaits(session, this.#options.userInitiated);
    if (this.#options.rejected === true) this.#requeue(session);
    this.#quarantined = reconcile(session);
    const removal = new OutboxRemoval(session);
    const sender = new BatchSender(session, removal);
    const { limit = Number.POSITIVE_INFINITY, onlyFlush = false } = this.#options;
    let note: Message | null = null;
    while (this.#tried < limit) {
      session.signal.throwIfAborted();
      requireAgreedSchema(session);
      const batch = session.read(nextPending);
      if (batch === undefined) {
        if (onlyFlush || !(await freezeNextBatch(session, Math.min(maxEvents, limit - this.#tried)))) break;
        continue;
      }
      const { length } = batch.keys;
      if (this.#tried + length > limit) {
        const events = countText(length, "event");
        note = message("The next batch has {events}, more than --limit allows.", { events });
        // The first batch is sent whole, or no run with this limit would ever make progress.
        if (this.#tried > 0) break;
        note = message("The batch was frozen with {events} and was sent whole.", { events });
      }
      const { accepted, tried, rejected } = await sender.send(batch);
      this.#events += accepted;
      this.#tried += tried;
      this.#batches += accepted > 0 ? 1 : 0;
      this.#rejected += rejected;
      this.#parts.progress?.({ events: this.#events, batches: this.#batches });
    }
    await removal.settled();
    session.change((connection) => saveSynced(connection, session.nowMs()));
    return note;
  }

  #requeue(session: UploadSession): void {
    const rejected = session.read(rejectedBatches);
    session.change(requeueRejected);
    for (const batch of rejected) this.#parts.outbox.forget(batch);
  }
}
