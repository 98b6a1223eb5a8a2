/**
 * Sends a frozen batch in up to three attempts, each with its ledger entries, and updates rows and
 * files according to the server's answer. Never changes the frozen bytes.
 */
import { type Message, message, textOf } from "../../../shared/protocol/message.ts";
import type { Connection } from "../../store/driver/driver.ts";
import {
  addBatch,
  type BatchName,
  countAttempt,
  type PendingBatch,
  rejectBatch,
  removeBatch,
  withdrawPending,
} from "../state/batches.ts";
import { forgetEnrolled, markBasic, readServer, saveEncodings, saveSchema } from "../state/known-servers.ts";
import { moveCursor, saveSuccess } from "../state/upload-state.ts";
import { halvesOf } from "../wire/batch.ts";
import { verifyReceipt } from "../wire/receipt.ts";
import { fetchKeys } from "./access.ts";
import { type Connected, connect } from "./connect.ts";
import { isNotEnrolled } from "./enrolment.ts";
import type { OutboxRemoval } from "./outbox-removal.ts";
import { protocolError } from "./outcome.ts";
import { SyncStopped } from "./report.ts";
import {
  type Distrust,
  distrusted,
  matchesBatch,
  recordAnswer,
  recordSending,
  type Sender,
  sendRequest,
  type UploadRequest,
  type UploadResult,
} from "./request.ts";
import { attemptsPerRun } from "./retry.ts";
import { schemaInHeader } from "./schema-check.ts";
import type { UploadSession } from "./upload-session.ts";
import { pauseUpload, statedReason, waitOrStop } from "./waits.ts";

/** Numbers of events, and of rejected batches (0 or 1). All zero if the batch was split. */
export interface SentBatch {
  readonly accepted: number;
  readonly tried: number;
  readonly rejected: number;
}

const split: SentBatch = { accepted: 0, tried: 0, rejected: 0 };

export class BatchSender {
  readonly #session: UploadSession;
  readonly #removal: OutboxRemoval;

  constructor(session: UploadSession, removal: OutboxRemoval) {
    this.#session = session;
    this.#removal = removal;
  }

  /**
   * Sends the batch, with one more attempt if the server has forgotten the enrolment.
   * @throws SyncStopped, LeaseLostError, SQLite's error.
   */
  async send(batch: PendingBatch): Promise<SentBatch> {
    const session = this.#session;
    const events = batch.keys.length;
    let enrolledAgain = false;
    for (let attempt = 0; ; attempt += 1) {
      const connected = await connect(session, session.policy().destination);
      if (connected.type === "retry") {
        await waitOrStop(session, connected.result, attempt);
        continue;
      }
      const result = await this.#attempt(connected, batch);
      const { outcome, reason } = result;
      if (outcome === "accepted" || outcome === "already_received") {
        await this.#removal.remove(batch);
        return { accepted: events, tried: events, rejected: 0 };
      }
      if (outcome === "too_large" || isKeyReused(result, batch)) return this.#split(batch, result);
      if (outcome === "rejected") {
        if (session.read((connection) => isOutdatedSchema(connection, connected, batch))) {
          if (await this.#rebuild(batch)) return split;
          session.change((connection) => rejectBatch(connection, batch.row, textOf(statedReason(reason))));
        }
        session.parts.outbox.reject(batch, textOf(statedReason(reason)));
        return { accepted: 0, tried: events, rejected: 1 };
      }
      const isForgotten = isNotEnrolled(result);
      if (outcome === "later") {
        if (!isForgotten || enrolledAgain) await waitOrStop(session, result, attempt);
        enrolledAgain = enrolledAgain || isForgotten;
        continue;
      }
      // The server may have forgotten the secret. Enrolling it again is harmless if it has not.
      if (outcome !== "not_authorized" || result.status !== 401) pauseUpload(session, statedReason(reason));
      if (enrolledAgain && connected.lacksEnrolment && isForgotten) await waitOrStop(session, result, attemptsPerRun);
      if (enrolledAgain) pauseUpload(session, statedReason(reason));
      enrolledAgain = true;
    }
  }

  /** One attempt; the batch's row changes in the transaction of the answer's ledger entry. */
  async #attempt({ sender, lacksEnrolment }: Ready, batch: PendingBatch): Promise<UploadResult> {
    const session = this.#session;
    const { batchId, body, packed, keys, row } = batch;
    const { url } = sender.destination;
    const request: UploadRequest = { kind: "batch", method: "POST", url, body, packed, batchId, events: keys.length };
    session.change((connection) => {
      recordSending(connection, sender, request);
      // A purge may have deleted the batch in the meantime.
      if (!countAttempt(connection, row))
        throw new SyncStopped("stopped", message("The batch was deleted before it was sent."));
    });
    session.step("sending_noted");
    const response = await sendRequest(sender, request, session.signal);
    session.step("answer_arrived");
    const result = distrusted(response, await this.#distrust(sender, batch, response));
    const isAccepted = result.outcome === "accepted" || result.outcome === "already_received";
    let isThere = true;
    session.change((connection) => {
      recordAnswer(connection, sender, request, result);
      saveEncodings(connection, url, result.answer?.header("accept-encoding"));
      const schema = schemaInHeader(result.answer?.header("nexus-upload-schemas"));
      if (schema !== undefined) saveSchema(connection, url, schema, session.nowMs());
      if (isAccepted) {
        removeBatch(connection, row);
        saveSuccess(connection);
        // The server accepts batches without enrolment or receipts.
        if (result.outcome === "accepted" && result.signed === undefined && lacksEnrolment) markBasic(connection, url);
      }
      const isFinal = result.outcome === "rejected" && !isKeyReused(result, batch);
      if (isFinal && !isOutdatedSchema(connection, { sender }, batch))
        isThere = rejectBatch(connection, row, textOf(statedReason(result.reason)));
      if (result.outcome === "not_authorized" || isNotEnrolled(result)) forgetEnrolled(connection, url);
    });
    session.step("answer_noted");
    ensureExists(isThere);
    return result;
  }

  /** Returns why a receipt is not trusted, or is missing from a server that signs receipts. */
  async #distrust(sender: Sender, batch: PendingBatch, result: UploadResult): Promise<Distrust | undefined> {
    const { outcome, signed } = result;
    if (outcome !== "accepted" && outcome !== "already_received") return undefined;
    const { host, url } = sender.destination;
    const keysOf = () => this.#session.read((connection) => readServer(connection, url)).keys;
    if (signed === undefined) {
      return keysOf().size > 0 && outcome === "accepted"
        ? { outcome: "later", reason: message("{host} sent no receipt, although it signs receipts.", { host }) }
        : undefined;
    }
    if (!keysOf().has(signed.key_id)) await fetchKeys(sender, this.#session.signal);
    const key = keysOf().get(signed.key_id);
    const failed = (reason: Message): Distrust => ({ outcome: "failed", reason });
    if (key === undefined) return failed(message("{host} sent a receipt signed with an untrusted key.", { host }));
    const receipt = verifyReceipt(signed, key);
    if (receipt === undefined) return failed(message("{host} sent a receipt with an invalid signature.", { host }));
    return matchesBatch(receipt, batch.batchId, batch.body)
      ? undefined
      : failed(message("{host} sent a receipt for a different batch.", { host }));
  }

  /**
   * Builds the pending batches again in the schema that the server accepts now. Returns whether that was possible: a batch that may
   * have arrived is not built again.
   */
  async #rebuild(batch: PendingBatch): Promise<boolean> {
    const session = this.#session;
    let withdrawn: readonly BatchName[] = [];
    session.change((connection) => {
      const pending = withdrawPending(connection, batch);
      if (pending === undefined) return;
      moveCursor(connection, pending.cursorId, 0);
      withdrawn = pending.names;
    });
    for (const name of withdrawn) await session.parts.outbox.remove(name);
    return withdrawn.length > 0;
  }

  /** Replaces a batch by two halves with new batch IDs; the server recognises each event. */
  async #split(batch: PendingBatch, result: UploadResult): Promise<SentBatch> {
    const session = this.#session;
    const halves = halvesOf(batch, session.state()?.pseudonym.startKey ?? 0);
    if (halves.length === 0) {
      const reason = `${textOf(statedReason(result.reason))} A single event cannot be split.`;
      // Only the server itself can reject permanently, not a proxy with a limit of its own.
      if (result.answer === undefined || protocolError(result.answer) === undefined) {
        await waitOrStop(session, { ...result, outcome: "later" }, attemptsPerRun);
        return split;
      }
      session.change((connection) => ensureExists(rejectBatch(connection, batch.row, reason)));
      session.parts.outbox.reject(batch, reason);
      return { accepted: 0, tried: 0, rejected: 1 };
    }
    session.change((connection) => {
      ensureExists(removeBatch(connection, batch.row));
      for (const half of halves) addBatch(connection, half);
    });
    for (const half of halves) session.parts.outbox.write(half);
    await this.#removal.remove(batch);
    return split;
  }
}

/**
 * A purge by another process during the request deletes the batch: nothing of it may be stored again.
 * @throws SyncStopped
 */
function ensureExists(existed: boolean): void {
  if (!existed) throw new SyncStopped("stopped", message("The batch was deleted while it was sent."));
}

type Ready = Extract<Connected, { type: "ready" }>;

/** Returns whether the server no longer accepts the batch's schema. */
function isOutdatedSchema(
  connection: Connection,
  { sender }: { readonly sender: Sender },
  { body }: PendingBatch,
): boolean {
  const { schema } = readServer(connection, sender.destination.url);
  const version = Number(/"schema_version":(\d+)/.exec(body.toString("latin1", 0, 256))?.[1]);
  return schema !== undefined && version > schema;
}

/**
 * Returns whether the server has other bytes under this batch ID: the database was restored and its
 * keys were used before. A single event cannot be split.
 */
const isKeyReused = ({ answer }: UploadResult, { keys }: PendingBatch): boolean =>
  answer?.status === 422 && protocolError(answer) === "other_bytes" && keys.length > 1;
