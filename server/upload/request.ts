/** One request with its two entries in the ledger: signed, sent, and what came of it judged. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Connection } from "../store/driver.ts";
import type { Destination } from "./destination.ts";
import { type Answer, type Exchange, ExchangeError } from "./exchange.ts";
import type { Identity } from "./installation.ts";
import { type Answered, append, type RequestKind, type RequestOutcome, sha256 } from "./ledger.ts";
import { type Packed, pack } from "./packing.ts";
import { type Receipt, readSigned, type SignedReceipt } from "./receipt.ts";
import { retryAfterMs } from "./retry.ts";
import { signatureHeaders } from "./signature.ts";

export interface Asked {
  readonly kind: RequestKind;
  readonly method: "POST" | "DELETE" | "GET";
  readonly url: string;
  readonly body: Uint8Array;
  /** The same, where it is packed already. */
  readonly packed?: Packed;
  readonly batchId: string | null;
  readonly events: number;
  /** The body holds a secret: the ledger keeps its digest alone. */
  readonly secret?: boolean;
}

export interface Result {
  readonly outcome: RequestOutcome;
  readonly status: number | null;
  readonly reason: string | null;
  /** How long the server asked to be left alone, in milliseconds. */
  readonly waitMs: number | undefined;
  readonly signed: SignedReceipt | undefined;
  readonly answer: Answer | undefined;
}

/** The status-code contract (`docs/wire-protocol.md`). */
export function judge(status: number): RequestOutcome {
  if (status >= 200 && status < 300) return "accepted";
  if (status === 409) return "already_received";
  if (status === 413) return "too_large";
  if (status === 408 || status === 425 || status === 429 || status >= 500) return "later";
  if (status === 401 || status === 403) return "not_authorized";
  // Followed, a redirect would carry the user's data to where nobody agreed to: it stands still, and is told.
  if (status < 400) return "failed";
  return "rejected";
}

const reasons: Readonly<Partial<Record<RequestOutcome, string>>> = {
  later: "the server asks to try again later",
  too_large: "the server finds it too large",
  not_authorized: "the server does not accept the token or the signature",
  rejected: "the server refuses it",
  failed: "the server sends elsewhere; what was agreed to is this address alone",
};

/** Milliseconds by which this clock is behind the server's; learnt from a refusal. */
export interface Skew {
  ms: number;
}

/** A changing database of the caller's, each change in one transaction and only while the caller may. */
export type Change = (work: (connection: Connection) => void) => void;

export interface Sender {
  readonly exchange: Exchange;
  readonly destination: Destination;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly skew: Skew;
  readonly encodings: readonly string[];
  readonly change: Change;
}

function headersOf(sender: Sender, { body, batchId }: Asked): Readonly<Record<string, string>> {
  const { destination, identity, clock, skew } = sender;
  const id = batchId ?? randomUUID();
  return {
    ...(body.length === 0 ? {} : { "content-type": "application/json" }),
    ...(destination.token === undefined ? {} : { authorization: `Bearer ${destination.token}` }),
    ...signatureHeaders(id, clock.nowMs() + skew.ms, body, identity.secret),
  };
}

/** What is written in one transaction before and after the request, beside the ledger's entries. */
export interface Beside {
  readonly before?: (connection: Connection) => void;
  /** The entry before the request is durable. */
  readonly noted?: () => void;
  readonly after?: (connection: Connection, result: Result) => void;
  /** Looks at a receipt before it is believed: a reason not to. */
  readonly distrust?: (result: Result) => Promise<string | undefined>;
}

/** @throws the signal's reason where that stopped it; SQLite's error. */
export async function perform(sender: Sender, asked: Asked, beside: Beside, signal: AbortSignal): Promise<Result> {
  const { clock, destination, exchange, change, skew, encodings } = sender;
  const { kind, method, url, body, batchId, events } = asked;
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
    append(connection, entry, asked.secret === true || body.length === 0 ? undefined : (asked.packed ?? pack(body)));
    beside.before?.(connection);
  });
  beside.noted?.();
  let result: Result;
  try {
    signal.throwIfAborted();
    const outgoing = { method, url, body, headers: headersOf(sender, asked), encodings };
    result = judged(await exchange.send(outgoing, signal), clock, skew);
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    const outcome = error.fault === "pin" || error.fault === "tls" ? "failed" : "later";
    result = { outcome, status: null, reason: error.message, waitMs: undefined, signed: undefined, answer: undefined };
  }
  const distrusted = await beside.distrust?.(result);
  if (distrusted !== undefined) result = { ...result, outcome: "failed", reason: distrusted, signed: undefined };
  change((connection) => {
    append(connection, answered(common, result, clock.nowMs()));
    beside.after?.(connection, result);
  });
  return result;
}

function judged(answer: Answer, clock: Clock, skew: Skew): Result {
  const { status, body } = answer;
  const nowMs = clock.nowMs();
  const learnt = status === 401 && body.includes("clock_skew") ? learnSkew(answer, nowMs, skew) : false;
  const outcome = learnt ? "later" : judge(status);
  return {
    outcome,
    status,
    reason: reasons[outcome] ?? null,
    waitMs: outcome === "later" ? retryAfterMs(answer.header("retry-after"), nowMs) : undefined,
    signed: outcome === "accepted" || outcome === "already_received" ? readSigned(body) : undefined,
    answer,
  };
}

/** The server's own time; used once, so that a server cannot keep us guessing. */
function learnSkew(answer: Answer, nowMs: number, skew: Skew): boolean {
  const date = Date.parse(answer.header("date") ?? "");
  if (Number.isNaN(date) || skew.ms !== 0) return false;
  skew.ms = date - nowMs;
  return true;
}

function answered(
  common: Pick<Answered, "kind" | "host" | "batch_id">,
  { outcome, status, reason, signed }: Result,
  ts: number,
): Answered {
  return { phase: "answered", ts, ...common, outcome, status, reason, receipt: signed ?? null };
}

/** Whether a receipt is for these bytes of this batch. */
export function fits(receipt: Receipt, batchId: string, body: Uint8Array): boolean {
  return receipt.batch_id === batchId && receipt.sha256 === sha256(body);
}
