/**
 * Sends what may be shared. One process at a time (a lease with a fence), batch after batch, each step done so that it can be
 * done again: freeze and move the cursor in one transaction; write the files; entry in the ledger; send; entry and removal;
 * remove the file. What is in doubt after a crash is sent again under the same id, with the same bytes.
 */
import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { countText } from "../../../shared/text/format.ts";
import type { Clock } from "../../clock.ts";
import type { Destination } from "../../config/destination.ts";
import type { Paths } from "../../config/paths.ts";
import type { EffectivePolicy, PermissionEvaluator } from "../../config/permission.ts";
import { type Connection, immediately } from "../../store/driver/driver.ts";
import { acquire, holds, type Lease, leaseMs, newOwner, release } from "../../store/lease.ts";
import type { Store } from "../../store/store.ts";
import type { HttpClient } from "../http/http-client.ts";
import { hasBatch } from "../ledger/ledger.ts";
import {
  addBatch,
  countAttempt,
  countPendingEvents,
  nextPending,
  type OutboxFolder,
  type PendingBatch,
  type QuarantinedFile,
  rejectBatch,
  rejectedBatches,
  removeBatch,
  requeueRejected,
} from "../state/batches.ts";
import { forgetEnrolled, markBasic, readServer, saveEncodings } from "../state/known-servers.ts";
import type { PseudonymFile } from "../state/pseudonyms.ts";
import {
  endUploadState,
  moveCursor,
  readStateFile,
  readUploadState,
  resume,
  savePause,
  saveSuccess,
  saveSynced,
  saveWait,
  startUploadState,
  type UploadState,
  writeStateFile,
} from "../state/upload-state.ts";
import { type Batch, collectBatch, halvesOf, maxEvents } from "../wire/batch.ts";
import { verifyReceipt } from "../wire/receipt.ts";
import { enroll, fetchKeys, withFreshSecret } from "./access.ts";
import { hasNoRoute, isEnrolment, isNotEnrolled } from "./enrolment.ts";
import { sendErasures } from "./erasure.ts";
import { protocolError } from "./outcome.ts";
import { partOf } from "./preview.ts";
import {
  LeaseLostError,
  type SyncOptions,
  type SyncOutcome,
  type SyncProgress,
  type SyncReport,
  SyncStopped,
  type UploadStep,
} from "./report.ts";
import { type Distrust, matchesBatch, type Sender, type Skew, sendWithLedger, type UploadResult } from "./request.ts";
import { attemptsPerRun, backoffMs, maxWaitMs, pauseMs } from "./retry.ts";

export interface UploaderParts {
  readonly paths: Paths;
  readonly store: Store;
  readonly permissions: PermissionEvaluator;
  readonly installation: PseudonymFile;
  readonly outbox: OutboxFolder;
  readonly clock: Clock;
  readonly open: (destination: Destination) => Promise<HttpClient>;
  /** How many events may be sent and were not yet. */
  readonly pending: () => number;
  readonly step?: (step: UploadStep) => void;
  readonly progress?: (progress: SyncProgress) => void;
}

/** Milliseconds after which a server that is still erasing is asked again. */
const erasurePauseMs = 60_000;

const withdrawn = "consent was withdrawn";

export class Uploader {
  readonly #parts: UploaderParts;
  readonly #owner = newOwner();
  #running: Promise<SyncReport> | undefined;
  #stop = new AbortController();

  constructor(parts: UploaderParts) {
    this.#parts = parts;
  }

  get syncing(): boolean {
    return this.#running !== undefined;
  }

  /** Runs once; a second caller gets the same report. A run that is being stopped is waited for. */
  async sync(options: SyncOptions): Promise<SyncReport> {
    if (this.#running !== undefined && this.#stop.signal.aborted) await this.settled();
    if (this.#running === undefined) {
      this.#stop = new AbortController();
      const run = new UploadRun(this.#parts, this.#owner, options, this.#stop);
      this.#running = run.run().finally(() => {
        this.#running = undefined;
      });
    }
    return this.#running;
  }

  /** Resolves once nothing runs. */
  async settled(): Promise<void> {
    // Its own caller hears of its failure.
    await this.#running?.catch(() => undefined);
  }

  /** Nothing more is sent, from the next byte on. */
  stop(reason = withdrawn): void {
    this.#stop.abort(new SyncStopped("stopped", reason));
  }
}

class UploadRun {
  readonly #parts: UploaderParts;
  readonly #owner: string;
  readonly #options: SyncOptions;
  readonly #stop: AbortController;
  readonly #skew: Skew = { ms: 0 };
  #lease: Lease | undefined;
  #client: HttpClient | undefined;
  #events = 0;
  /** Events that were sent, whether they were taken or refused. */
  #tried = 0;
  #batches = 0;
  #rejected = 0;
  #erased = 0;
  /** Erasures that servers accepted and have not finished. */
  #erasing = 0;
  /** In this run the server answered an enrolment as one without that route. */
  #knowsNoEnrolment = false;
  #setAside: readonly QuarantinedFile[] = [];
  #removal: Promise<void> = Promise.resolve();

  constructor(parts: UploaderParts, owner: string, options: SyncOptions, stop: AbortController) {
    this.#parts = parts;
    this.#owner = owner;
    this.#options = options;
    this.#stop = stop;
  }

  async run(): Promise<SyncReport> {
    const { store, installation, permissions } = this.#parts;
    const mayShare = permissions.evaluate().permission.mode === "share";
    if (!mayShare && installation.pendingErasures().length === 0)
      return this.#report("not_permitted", notPermitted(permissions.evaluate()));
    store.selectFile(permissions.evaluate().database);
    this.#lease = store.withDatabase((connection) => acquire(connection, "upload", this.#owner, this.#now()));
    if (this.#lease === undefined) return this.#report("busy", "Another window or command is sending.");
    this.#step("leased");
    const beat = setInterval(() => this.#renewLease(), leaseMs / 3);
    const watcher = mayShare ? this.#watchConsent() : undefined;
    try {
      const notErased = await this.#erase();
      if (!mayShare) return this.#report(notErased === null ? "done" : "waiting", notErased, this.#erasuresDueMs());
      return this.#report("done", (await this.#send()) ?? notErased, this.#erasuresDueMs());
    } catch (error) {
      if (error instanceof SyncStopped) return this.#report(error.outcome, error.message, error.retryAtMs);
      if (error instanceof LeaseLostError) return this.#report("busy", "Another window or command went on sending.");
      throw error;
    } finally {
      clearInterval(beat);
      watcher?.close();
      await this.#client?.close();
      const lease = this.#lease;
      store.withExistingDatabase((connection) => release(connection, lease));
      this.#step("released");
    }
  }

  /**
   * Sends the erasures that are wanted. Sharing goes on under another pseudonym after one.
   * @returns why one was not confirmed, `null` if all were.
   */
  async #erase(): Promise<string | null> {
    const { installation, outbox, store } = this.#parts;
    const keysOf = (address: string) => store.read((connection) => readServer(connection, address).keys) ?? new Map();
    const parts = { ...this.#parts, change: this.#change, skew: this.#skew, keysOf };
    const { erased, accepted, reason } = await sendErasures(parts, this.#stop.signal);
    this.#erased = erased.length;
    this.#erasing = accepted.length;
    const gone = [...erased, ...accepted];
    if (gone.length === 0) return reason;
    const current = this.#read(readUploadState)?.pseudonym.anonUserId;
    if (current !== undefined && gone.includes(current)) {
      this.#change(endUploadState);
      outbox.empty();
      installation.forgetUnused(undefined);
    } else installation.forgetUnused(current);
    return reason;
  }

  /** When a server that is still erasing is asked again. */
  #erasuresDueMs(): number | null {
    return this.#erasing > 0 ? this.#now() + erasurePauseMs : null;
  }

  #now(): number {
    return this.#parts.clock.nowMs();
  }

  #step(step: UploadStep): void {
    this.#parts.step?.(step);
  }

  #report(outcome: SyncOutcome, reason: string | null, retryAtMs: number | null = null): SyncReport {
    const remaining = this.#parts.store.read(countPendingEvents) ?? 0;
    return {
      outcome,
      events: this.#events,
      batches: this.#batches,
      rejected: this.#rejected,
      erased: this.#erased,
      erasing: this.#erasing,
      remaining: remaining,
      pending: this.#parts.pending(),
      reason,
      retryAtMs,
      quarantined: this.#setAside,
    };
  }

  /** Renews the lease while a request takes its time. */
  #renewLease(): void {
    try {
      const lease = this.#parts.store.withExistingDatabase((connection) =>
        acquire(connection, "upload", this.#owner, this.#now()),
      );
      if (lease === undefined || lease.fence !== this.#lease?.fence) this.#stop.abort(new LeaseLostError());
    } catch {
      // Locked or full for a moment: the next beat, or the transaction that needs the lease, tells.
    }
  }

  /** A withdrawal in any process counts from the next byte on. */
  #watchConsent(): FSWatcher | undefined {
    try {
      const watcher = watch(dirname(this.#parts.paths.consentFile), () => {
        if (!this.#maySend()) this.#stop.abort(new SyncStopped("stopped", withdrawn));
      });
      watcher.on("error", () => undefined);
      return watcher;
    } catch {
      // Where it cannot be watched, it is still asked before each request.
      return undefined;
    }
  }

  /** A configuration that cannot be read at present may hold a no. */
  #maySend(): boolean {
    try {
      return this.#parts.permissions.evaluate().permission.mode === "share";
    } catch {
      return false;
    }
  }

  /** A transaction of the holder of the lease. */
  readonly #change = (work: (connection: Connection) => void): void => {
    const lease = this.#lease;
    this.#parts.store.withExistingDatabase((connection) =>
      immediately(connection, () => {
        if (lease === undefined || !holds(connection, lease)) throw new LeaseLostError();
        work(connection);
      }),
    );
  };

  #read<T>(work: (connection: Connection) => T): T {
    return this.#parts.store.withDatabase(work);
  }

  #policy(): { readonly policy: EffectivePolicy; readonly destination: Destination } {
    const policy = this.#parts.permissions.evaluate();
    const { permission, destination } = policy;
    if (permission.mode !== "share" || destination === null)
      throw new SyncStopped("not_permitted", notPermitted(policy));
    return { policy, destination };
  }

  /** @returns what the user should know about a run that ended well, `null` if nothing. */
  async #send(): Promise<string | null> {
    this.#checkWaits();
    if (this.#options.rejected === true) this.#requeue();
    this.#reconcile();
    const { limit = Number.POSITIVE_INFINITY, onlyFlush = false } = this.#options;
    let remark: string | null = null;
    while (this.#tried < limit) {
      this.#stop.signal.throwIfAborted();
      const waiting = this.#read(nextPending);
      if (waiting === undefined) {
        if (onlyFlush || !(await this.#freeze(Math.min(maxEvents, limit - this.#tried)))) break;
        continue;
      }
      const { length } = waiting.keys;
      if (this.#tried + length > limit) {
        // The first batch goes in any case, or no run with this limit would ever make progress.
        if (this.#tried > 0) {
          remark = `The next batch is frozen with ${countText(length, "event")}, which is over the limit.`;
          break;
        }
        remark = `The first batch was frozen with ${countText(length, "event")} and was sent whole.`;
      }
      await this.#sendBatch(waiting);
      this.#parts.progress?.({ events: this.#events, batches: this.#batches });
    }
    await this.#removal;
    this.#change((connection) => saveSynced(connection, this.#now()));
    return remark;
  }

  /** Refused batches wait again. */
  #requeue(): void {
    const refused = this.#read(rejectedBatches);
    this.#change(requeueRejected);
    for (const batch of refused) this.#parts.outbox.forget(batch);
  }

  /** Brings pseudonym, files and rows together, after whatever happened before. */
  #reconcile(): void {
    const { outbox, paths } = this.#parts;
    const state = this.#state();
    writeStateFile(paths.uploadStateFile, state);
    this.#step("state_written");
    this.#setAside = this.#read((connection) => outbox.reconcile(connection, (id) => hasBatch(connection, id)));
  }

  /** The state of sharing, begun anew where the one that is there cannot be trusted. */
  #state(): UploadState {
    const { installation, outbox, paths } = this.#parts;
    const known = this.#read(readUploadState);
    if (known !== undefined && installation.find(known.pseudonym.anonUserId) !== undefined) {
      const file = readStateFile(paths.uploadStateFile);
      const sentBefore = (installation.find(known.pseudonym.anonUserId)?.destinations.length ?? 0) > 0;
      const trusted =
        file === undefined || file === "damaged"
          ? !sentBefore && file === undefined
          : file.database === known.database &&
            file.anon_id === known.pseudonym.anonUserId &&
            file.cursor_id <= known.cursorId &&
            file.cursor_id >= this.#read((connection) => outbox.newestKey(connection));
      if (trusted) return known;
    }
    // Never a second sending under another id: a new pseudonym begins at the end.
    const { anon_user_id: id } = installation.create(this.#now());
    this.#change((connection) => {
      connection.exec("DELETE FROM batches");
      startUploadState(connection, id, this.#now());
    });
    installation.forgetUnused(id);
    outbox.empty();
    this.#step("state_begun");
    return this.#read(readUploadState) ?? assertFound();
  }

  /** Pauses: what the server asked for counts always, our own only where nobody asked. */
  #checkWaits(): void {
    const state = this.#read(readUploadState);
    if (state === undefined) return;
    const nowMs = this.#now();
    const reason = state.failure ?? "The last tries failed";
    // What lies further ahead than anything waits was written before the clock was put back.
    const isDue = (ms: number) => ms <= nowMs || ms > nowMs + maxWaitMs;
    const untilMs = Math.max(...[state.serverWaitMs, state.waitUntilMs].filter((ms) => !isDue(ms)));
    if (!isDue(state.serverWaitMs)) throw new SyncStopped("waiting", reason, untilMs);
    if (this.#options.userInitiated) {
      this.#change(resume);
      return;
    }
    if (state.paused !== null) throw new SyncStopped("paused", state.paused);
    if (!isDue(state.waitUntilMs)) throw new SyncStopped("waiting", reason, untilMs);
  }

  /** Freezes the next batch. Returns whether there may be more to do. */
  async #freeze(limit: number): Promise<boolean> {
    const { outbox, paths } = this.#parts;
    const { policy } = this.#policy();
    const state = this.#read(readUploadState);
    if (state === undefined) return false;
    const erasures = this.#read(erasuresOf);
    const { batch, lastKey, lastTsMs, more } = this.#read((connection) =>
      collectBatch(connection, state.cursorId, partOf(state, policy), limit),
    );
    if (lastKey === state.cursorId) return false;
    this.#change((connection) => {
      // Something was erased since it was read: it is read anew.
      if (erasuresOf(connection) !== erasures || readUploadState(connection)?.cursorId !== state.cursorId) return;
      if (batch !== undefined) addBatch(connection, batch);
      moveCursor(connection, lastKey, lastTsMs);
    });
    this.#step("frozen");
    const moved = this.#read(readUploadState);
    if (moved !== undefined) writeStateFile(paths.uploadStateFile, moved);
    this.#step("state_written");
    if (batch !== undefined) {
      outbox.write(batch);
      // A purge in another process may have come between.
      if (this.#read(nextPending)?.batchId !== batch.batchId) await outbox.remove(batch);
    }
    this.#step("outbox_written");
    return batch !== undefined || more;
  }

  /** Up to three tries; one more where the server forgot the enrolment. */
  async #sendBatch(waiting: PendingBatch): Promise<void> {
    let enrolledAgain = false;
    for (let attempt = 0; ; attempt += 1) {
      const { destination } = this.#policy();
      const sender = await this.#sender(destination, attempt);
      if (sender === undefined) continue;
      const result = await this.#tryBatch(sender, waiting);
      switch (result.outcome) {
        case "accepted":
        case "already_received":
          this.#events += waiting.keys.length;
          this.#tried += waiting.keys.length;
          this.#batches += 1;
          await this.#remove(waiting);
          return;
        case "too_large":
          await this.#splitBatch(waiting, result);
          return;
        case "rejected":
          if (isKeyReused(result, waiting)) {
            // The database was restored, and its keys were used before. Halves have ids of their own; the server knows each event.
            await this.#splitBatch(waiting, result);
            return;
          }
          this.#tried += waiting.keys.length;
          this.#parts.outbox.reject(waiting, sentence(result));
          this.#rejected += 1;
          return;
        case "later":
          if (!isNotEnrolled(result) || enrolledAgain) await this.#later(result, attempt);
          enrolledAgain = enrolledAgain || isNotEnrolled(result);
          break;
        case "not_authorized":
          // The secret may have been forgotten: enrolled once more, idempotently, before anything is concluded.
          if (result.answer?.status !== 401) this.#pause(sentence(result));
          if (enrolledAgain && this.#knowsNoEnrolment && isNotEnrolled(result))
            await this.#later(result, attemptsPerRun);
          if (enrolledAgain) this.#pause(sentence(result));
          enrolledAgain = true;
          break;
        default:
          this.#pause(sentence(result));
      }
    }
  }

  async #tryBatch(sender: Sender, waiting: PendingBatch): Promise<UploadResult> {
    const { batchId, body, packed, keys, row } = waiting;
    const { url: address } = sender.destination;
    return sendWithLedger(
      sender,
      { kind: "batch", method: "POST", url: sender.destination.url, body, packed, batchId, events: keys.length },
      {
        onLedgeredRequest: (connection) => {
          // A purge has taken it meanwhile.
          if (!countAttempt(connection, row)) throw new SyncStopped("stopped", "What was to be sent was deleted.");
        },
        afterLedgeredRequest: () => this.#step("sending_noted"),
        onLedgeredResponse: (connection, result) => {
          saveEncodings(connection, address, result.answer?.header("accept-encoding"));
          if (result.outcome === "accepted" || result.outcome === "already_received") {
            removeBatch(connection, row);
            saveSuccess(connection);
            // It takes batches, and has neither enrolment nor receipts.
            if (result.outcome === "accepted" && result.signed === undefined && this.#knowsNoEnrolment)
              markBasic(connection, address);
          }
          if (result.outcome === "rejected" && !isKeyReused(result, waiting))
            rejectBatch(connection, row, sentence(result));
          if (result.outcome === "not_authorized" || isNotEnrolled(result)) forgetEnrolled(connection, address);
        },
        rejectReason: async (result) => {
          this.#step("answer_arrived");
          return this.#distrust(sender, waiting, result);
        },
      },
      this.#stop.signal,
    ).finally(() => this.#step("answer_noted"));
  }

  /** A server that gives receipts gives one each time. */
  async #distrust(
    sender: Sender,
    { batchId, body }: Batch,
    { outcome, signed }: UploadResult,
  ): Promise<Distrust | undefined> {
    if (outcome !== "accepted" && outcome !== "already_received") return undefined;
    const { host, url: address } = sender.destination;
    const keysOf = () => this.#read((connection) => readServer(connection, address)).keys;
    if (signed === undefined) {
      return keysOf().size > 0 && outcome === "accepted"
        ? { outcome: "later", reason: `${host} sent no receipt, although it gives receipts` }
        : undefined;
    }
    const failed = (what: string): Distrust => ({ outcome: "failed", reason: `${host} sent a receipt ${what}` });
    if (!keysOf().has(signed.key_id)) await fetchKeys(sender, this.#stop.signal);
    const key = keysOf().get(signed.key_id);
    if (key === undefined) return failed("signed with a key that no known key vouches for");
    const receipt = verifyReceipt(signed, key);
    if (receipt === undefined) return failed("with a signature that is not valid");
    return matchesBatch(receipt, batchId, body) ? undefined : failed("for another batch");
  }

  /**
   * Makes the installation's secret known to the server. Nothing is concluded from an answer that a proxy or a portal could give:
   * a server without enrolment is known by the batch it takes.
   * @returns nothing if the enrolment has to be tried again.
   */
  async #sender(destination: Destination, attempt: number): Promise<Sender | undefined> {
    const { clock, installation } = this.#parts;
    const state = this.#read(readUploadState);
    const identity = state === undefined ? undefined : installation.find(state.pseudonym.anonUserId);
    if (identity === undefined) throw new SyncStopped("failed", "The pseudonym of this installation is gone.");
    this.#client ??= await this.#parts.open(destination);
    const server = this.#read((connection) => readServer(connection, destination.url));
    const sender: Sender = {
      client: this.#client,
      destination,
      identity,
      secret: installation.secretFor(identity.anon_user_id, destination.url).secret,
      clock,
      skew: this.#skew,
      encodings: server.encodings,
      change: this.#change,
    };
    if (!identity.destinations.includes(destination.url))
      installation.addDestination(identity.anon_user_id, destination.url);
    if (server.plain) return sender;
    if (server.enrolled === identity.anon_user_id) return this.#withFreshSecret(sender, attempt);
    const result = await enroll(sender, this.#stop.signal);
    this.#step("enrolled");
    if (isEnrolment(result)) {
      await fetchKeys(sender, this.#stop.signal);
      return sender;
    }
    this.#knowsNoEnrolment = result.outcome === "accepted" || hasNoRoute(result);
    if (this.#knowsNoEnrolment) return sender;
    if (result.outcome === "already_received")
      this.#pause(`${destination.host} knows this pseudonym with another secret: reset it (nexus identity reset)`);
    if (result.outcome !== "later") this.#pause(sentence(result));
    await this.#later(result, attempt);
    return undefined;
  }

  /** @returns nothing if it has to be tried again which secret the server has. */
  async #withFreshSecret(sender: Sender, attempt: number): Promise<Sender | undefined> {
    const fresh = await withFreshSecret(sender, this.#parts.installation, this.#stop.signal);
    if ("secret" in fresh) return fresh;
    await this.#later(fresh, attempt);
    return undefined;
  }

  /** Waits and returns, or ends the run. */
  async #later({ waitMs = 0, ...result }: UploadResult, attempt: number): Promise<void> {
    const backoff = backoffMs(attempt);
    const short = waitMs <= 10_000;
    if (attempt + 1 < attemptsPerRun && short) {
      await wait(Math.max(waitMs, backoff), undefined, { signal: this.#stop.signal }).catch(() =>
        this.#stop.signal.throwIfAborted(),
      );
      return;
    }
    const nowMs = this.#now();
    const failures = (this.#read(readUploadState)?.failures ?? 0) + 1;
    const untilMs = nowMs + Math.max(waitMs, pauseMs(failures));
    const reason = sentence(result);
    const serverUntilMs = waitMs > 0 ? nowMs + waitMs : 0;
    this.#change((connection) => saveWait(connection, { failures, untilMs, serverUntilMs, reason }));
    throw new SyncStopped("waiting", reason, untilMs);
  }

  /** Goes on only when the user asks. */
  #pause(reason: string): never {
    this.#change((connection) => savePause(connection, reason));
    throw new SyncStopped("paused", reason);
  }

  async #splitBatch(waiting: PendingBatch, result: UploadResult): Promise<void> {
    const halves = halvesOf(waiting, this.#read(readUploadState)?.pseudonym.startKey ?? 0);
    if (halves.length === 0) {
      const reason = `${sentence(result)}: a single event`;
      // Only the server itself can refuse for good.
      if (result.answer === undefined || protocolError(result.answer) === undefined)
        return this.#later({ ...result, outcome: "later" }, attemptsPerRun);
      this.#change((connection) => rejectBatch(connection, waiting.row, reason));
      this.#parts.outbox.reject(waiting, reason);
      this.#rejected += 1;
      return;
    }
    this.#change((connection) => {
      removeBatch(connection, waiting.row);
      for (const half of halves) addBatch(connection, half);
    });
    for (const half of halves) this.#parts.outbox.write(half);
    await this.#remove(waiting);
  }

  /** Removes a file while the next batch is made: to remove one may take as long as to send it. */
  async #remove(batch: Batch): Promise<void> {
    await this.#removal;
    const removal = this.#parts.outbox.remove(batch).then(() => this.#step("file_removed"));
    // Where it fails, whoever waits for it hears of it.
    removal.catch(() => undefined);
    this.#removal = removal;
  }
}

/** The server has another batch under this id. A single event has no smaller one. */
const isKeyReused = ({ answer }: UploadResult, { keys }: PendingBatch): boolean =>
  answer?.status === 422 && protocolError(answer) === "other_bytes" && keys.length > 1;

const sentence = ({ reason }: { readonly reason: string | null }): string => reason ?? "The server gave no reason";

function erasuresOf(connection: Connection): number {
  return Number(connection.prepare("SELECT value FROM state WHERE name = 'erasures'").get()?.["value"]);
}

function assertFound(): never {
  throw new Error("the state that was just begun is gone");
}

function notPermitted({ permission }: EffectivePolicy): string {
  if (permission.consent !== "given") return "You have not agreed to share anything.";
  const names = permission.refusals.map(({ name }) => name);
  return names.length === 0 ? "You have not agreed to share anything." : `Sharing is off: ${names.join("; ")}.`;
}
