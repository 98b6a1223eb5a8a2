/** One request with its two entries in the ledger: signed, sent, and what came of it judged. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { Destination } from "../../config/destination.ts";
import type { Connection } from "../../store/driver/driver.ts";
import type { Failure, HttpClient, HttpResponse } from "../http/http-client.ts";
import {
  type Answered,
  appendEntry,
  type RequestKind,
  type RequestOutcome,
  saveResponseBody,
  sha256,
} from "../ledger/ledger.ts";
import type { UploadIdentity } from "../state/pseudonyms.ts";
import { type Compressed, compress } from "../wire/compression.ts";
import { proofOf } from "../wire/proof-of-work.ts";
import { type Receipt, readSigned, type SignedReceipt } from "../wire/receipt.ts";
import { signatureHeaders } from "../wire/signature.ts";
import { answerText, faultText, outcomeOf, outcomeOfFault, protocolError } from "./outcome.ts";
import { retryAfterMs } from "./retry.ts";

export interface UploadRequest {
  readonly kind: RequestKind;
  readonly method: "POST" | "DELETE" | "GET";
  readonly url: string;
  readonly body: Uint8Array;
  /** The same, where it is packed already. */
  readonly packed?: Compressed;
  readonly batchId: string | null;
  readonly events: number;
  /** The body holds a secret: the ledger keeps its digest alone. */
  readonly secret?: boolean;
  /** Zero bits of a proof of work that the server asked for. */
  readonly proofBits?: number;
}

export interface UploadResult {
  readonly outcome: RequestOutcome;
  readonly status: number | null;
  readonly reason: string | null;
  /** How long the server asked to be left alone, in milliseconds. */
  readonly waitMs: number | undefined;
  readonly signed: SignedReceipt | undefined;
  readonly answer: HttpResponse | undefined;
}

/** Nothing more is sent of what had such an outcome. */
const finalOutcomes: ReadonlySet<RequestOutcome> = new Set(["accepted", "already_received", "too_large", "rejected"]);

/** Milliseconds by which this clock is behind the server's; learnt from a refusal. */
export interface Skew {
  ms: number;
}

/** A changing database of the caller's, each change in one transaction and only while the caller may. */
export type InTransaction = (work: (connection: Connection) => void) => void;

export interface Sender {
  readonly client: HttpClient;
  readonly destination: Destination;
  readonly identity: UploadIdentity;
  /** What signs, in hex: the identity's, or what replaced it on this server. */
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

/** A reason not to believe an answer, and whether it may pass by itself. */
export interface Distrust {
  readonly outcome: "failed" | "later";
  readonly reason: string;
}

/** What is written in one transaction before and after the request, beside the ledger's entries. */
export interface LedgerHooks {
  readonly onLedgeredRequest?: (connection: Connection) => void;
  /** The entry before the request is durable. */
  readonly afterLedgeredRequest?: () => void;
  readonly onLedgeredResponse?: (connection: Connection, result: UploadResult) => void;
  /** Looks at a receipt before it is believed. */
  readonly rejectReason?: (result: UploadResult) => Promise<Distrust | undefined>;
}

/** @throws the signal's reason where that stopped it; SQLite's error. */
export async function sendWithLedger(
  sender: Sender,
  request: UploadRequest,
  hooks: LedgerHooks,
  signal: AbortSignal,
): Promise<UploadResult> {
  const { clock, destination, client, change, skew, encodings } = sender;
  const { kind, method, url, body, batchId, events } = request;
  const common = { kind, host: destination.host, batch_id: batchId };
  change((connection) => {
    const entry = {
      phase: "sending",
      ts: clock.nowMs(),
      ...common,
      sha256: sha256(body),
      bytes: body.length,
      events,
    } as const;
    appendEntry(
      connection,
      entry,
      request.secret === true || body.length === 0 ? undefined : (request.packed ?? compress(body)),
    );
    hooks.onLedgeredRequest?.(connection);
  });
  hooks.afterLedgeredRequest?.();
  signal.throwIfAborted();
  const headers = await headersOf(sender, request, signal);
  const response = await client.send({ method, url, body, headers, encodings }, signal);
  let result = resultOf(destination.host, response, clock, skew);
  const distrusted = await hooks.rejectReason?.(result);
  if (distrusted !== undefined) result = { ...result, ...distrusted, signed: undefined };
  change((connection) => {
    appendEntry(connection, answered(common, result, clock.nowMs()));
    if (finalOutcomes.has(result.outcome)) saveResponseBody(connection, sha256(body));
    hooks.onLedgeredResponse?.(connection, result);
  });
  return result;
}

function resultOf(host: string, answer: HttpResponse | Failure, clock: Clock, skew: Skew): UploadResult {
  if ("fault" in answer) {
    const { fault } = answer;
    const nothing = { status: null, waitMs: undefined, signed: undefined, answer: undefined };
    return { ...nothing, outcome: outcomeOfFault(fault), reason: faultText(host, fault) };
  }
  const { status, body } = answer;
  const nowMs = clock.nowMs();
  const skewed = status === 425 || (status === 401 && protocolError(answer) === "clock_skew");
  const outcome = skewed && learnSkew(answer, nowMs, skew) ? "later" : outcomeOf(answer);
  return {
    outcome,
    status,
    reason: answerText(host, outcome, answer),
    waitMs: outcome === "later" ? retryAfterMs(answer.header("retry-after"), nowMs) : undefined,
    signed: outcome === "accepted" || outcome === "already_received" ? readSigned(body) : undefined,
    answer,
  };
}

/** The server's own time; used once, so that a server cannot keep us guessing. */
function learnSkew(answer: HttpResponse, nowMs: number, skew: Skew): boolean {
  const date = Date.parse(answer.header("date") ?? "");
  if (Number.isNaN(date) || skew.ms !== 0) return false;
  skew.ms = date - nowMs;
  return true;
}

function answered(
  common: Pick<Answered, "kind" | "host" | "batch_id">,
  { outcome, status, reason, signed }: UploadResult,
  ts: number,
): Answered {
  return { phase: "answered", ts, ...common, outcome, status, reason, receipt: signed ?? null };
}

/** Whether a receipt is for these bytes of this batch. */
export function matchesBatch(receipt: Receipt, batchId: string, body: Uint8Array): boolean {
  return receipt.batch_id === batchId && receipt.sha256 === sha256(body);
}
