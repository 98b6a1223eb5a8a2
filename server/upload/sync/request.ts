/** Signs and sends one request, and writes its two ledger entries. Changes nothing else. */

import { randomUUID } from "node:crypto";
import { type Message, textOf } from "../../../shared/protocol/message.ts";
import type { Clock } from "../../clock.ts";
import type { Destination } from "../../config/destination.ts";
import type { Connection } from "../../store/driver/driver.ts";
import type { Failure, HttpClient, HttpResponse } from "../http/http-client.ts";
import { appendEntry, type RequestKind, type RequestOutcome, saveResponseBody, sha256 } from "../ledger/ledger.ts";
import type { UploadIdentity } from "../state/pseudonyms.ts";
import { type Compressed, compress } from "../wire/compression.ts";
import { proofOf } from "../wire/proof-of-work.ts";
import { type Receipt, readSigned, type SignedReceipt } from "../wire/receipt.ts";
import { signatureHeaders } from "../wire/signature.ts";
import { answerMessage, faultMessage, outcomeOf, outcomeOfFault, protocolError } from "./outcome.ts";
import { retryAfterMs } from "./retry.ts";

export interface UploadRequest {
  readonly kind: RequestKind;
  readonly method: "POST" | "DELETE" | "GET";
  readonly url: string;
  readonly body: Uint8Array;
  /** The compressed body, if it exists already. */
  readonly packed?: Compressed;
  readonly batchId: string | null;
  readonly events: number;
  /** The body contains a secret: the ledger stores only its digest. */
  readonly secret?: boolean;
  /** Zero bits of the proof of work that the server demands. */
  readonly proofBits?: number;
}

export interface UploadResult {
  readonly outcome: RequestOutcome;
  readonly status: number | null;
  readonly reason: Message | null;
  /** The wait that the server asked for, in milliseconds. */
  readonly waitMs: number | undefined;
  readonly signed: SignedReceipt | undefined;
  readonly answer: HttpResponse | undefined;
}

/** Outcomes after which the same body is never sent again. */
const finalOutcomes: ReadonlySet<RequestOutcome> = new Set(["accepted", "already_received", "too_large", "rejected"]);

/** Milliseconds by which this clock is behind the server's, learnt from a `clock_skew` answer. */
export interface Skew {
  ms: number;
}

/** Runs a transaction as the holder of the upload lease. */
export type InTransaction = (work: (connection: Connection) => void) => void;

export interface Sender {
  readonly client: HttpClient;
  readonly destination: Destination;
  readonly identity: UploadIdentity;
  /** The signing secret in hex: the identity's, or its replacement on this server. */
  readonly secret: string;
  readonly clock: Clock;
  readonly skew: Skew;
  readonly encodings: readonly string[];
  readonly change: InTransaction;
}

async function headersOf(
  sender: Sender,
  { body, batchId, proofBits }: UploadRequest,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { destination, secret, clock, skew } = sender;
  const id = batchId ?? randomUUID();
  const signed = signatureHeaders(id, clock.nowMs() + skew.ms, body, secret);
  const proof =
    proofBits === undefined ? undefined : await proofOf(signed["webhook-signature"] ?? "", proofBits, signal);
  return {
    ...(body.length === 0 ? {} : { "content-type": "application/json" }),
    ...(destination.token === undefined ? {} : { authorization: `Bearer ${destination.token}` }),
    ...signed,
    ...(proof === undefined ? {} : { "nexus-proof": proof }),
  };
}

/** Why an answer is not trusted, and whether a later attempt may change that. */
export interface Distrust {
  readonly outcome: "failed" | "later";
  readonly reason: Message;
}

/** Returns the result, without its receipt if that is not trusted. */
export const distrusted = (result: UploadResult, distrust: Distrust | undefined): UploadResult =>
  distrust === undefined ? result : { ...result, ...distrust, signed: undefined };

/**
 * Appends the ledger entry that precedes a request, with the exact body unless it contains a
 * secret.
 */
export function recordSending(connection: Connection, { clock, destination }: Sender, request: UploadRequest): void {
  const { kind, body, batchId, events, secret, packed } = request;
  appendEntry(
    connection,
    {
      phase: "sending",
      ts: clock.nowMs(),
      kind,
      host: destination.host,
      batch_id: batchId,
      sha256: sha256(body),
      bytes: body.length,
      events,
    },
    secret === true || body.length === 0 ? undefined : (packed ?? compress(body)),
  );
}

/**
 * Sends a request whose ledger entry is durable.
 * @throws the signal's reason if that stopped it.
 */
export async function sendRequest(sender: Sender, request: UploadRequest, signal: AbortSignal): Promise<UploadResult> {
  const { clock, destination, client, skew, encodings } = sender;
  const { method, url, body } = request;
  signal.throwIfAborted();
  const headers = await headersOf(sender, request, signal);
  const response = await client.send({ method, url, body, headers, encodings }, signal);
  return resultOf(destination.host, response, clock, skew);
}

/** Appends the ledger entry of an answer. */
export function recordAnswer(
  connection: Connection,
  { clock, destination }: Sender,
  { kind, batchId, body }: UploadRequest,
  { outcome, status, reason, signed }: UploadResult,
): void {
  appendEntry(connection, {
    phase: "answered",
    ts: clock.nowMs(),
    kind,
    host: destination.host,
    batch_id: batchId,
    outcome,
    status,
    reason: reason === null ? null : textOf(reason),
    receipt: signed ?? null,
  });
  if (finalOutcomes.has(outcome)) saveResponseBody(connection, sha256(body));
}

function resultOf(host: string, answer: HttpResponse | Failure, clock: Clock, skew: Skew): UploadResult {
  if ("fault" in answer) {
    const { fault } = answer;
    const nothing = { status: null, waitMs: undefined, signed: undefined, answer: undefined };
    return { ...nothing, outcome: outcomeOfFault(fault), reason: faultMessage(host, fault) };
  }
  const { status, body } = answer;
  const nowMs = clock.nowMs();
  const skewed = status === 425 || (status === 401 && protocolError(answer) === "clock_skew");
  const outcome = skewed && learnSkew(answer, nowMs, skew) ? "later" : outcomeOf(answer);
  return {
    outcome,
    status,
    reason: answerMessage(host, outcome, answer),
    waitMs: outcome === "later" ? retryAfterMs(answer.header("retry-after"), nowMs) : undefined,
    signed: outcome === "accepted" || outcome === "already_received" ? readSigned(body) : undefined,
    answer,
  };
}

/** Learns the server's time once; a second correction could be an endless loop. */
function learnSkew(answer: HttpResponse, nowMs: number, skew: Skew): boolean {
  const date = Date.parse(answer.header("date") ?? "");
  if (Number.isNaN(date) || skew.ms !== 0) return false;
  skew.ms = date - nowMs;
  return true;
}

/** Returns whether a receipt is for these bytes of this batch. */
export function matchesBatch(receipt: Receipt, batchId: string, body: Uint8Array): boolean {
  return receipt.batch_id === batchId && receipt.sha256 === sha256(body);
}
