/**
 * Remote erasure: one request per server and pseudonym that shared data, repeated until the server
 * confirms. It is the only message that may leave the machine after sharing was switched off.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Message, message } from "../../../shared/protocol/message.ts";
import type { Clock } from "../../clock.ts";
import { type Destination, siblingUrl } from "../../config/destination.ts";
import type { HttpClient } from "../http/http-client.ts";
import { erasureBody } from "../ledger/ledger.ts";
import type { PseudonymFile } from "../state/pseudonyms.ts";
import { endPseudonym } from "../state/upload-state.ts";
import { verifyErasure } from "../wire/receipt.ts";
import { enroll, fetchKeys } from "./access.ts";
import { isEnrolment, isNotEnrolled } from "./enrolment.ts";
import {
  type Distrust,
  distrusted,
  type InTransaction,
  recordAnswer,
  recordSending,
  type Sender,
  type Skew,
  sendRequest,
  type UploadRequest,
  type UploadResult,
} from "./request.ts";

interface Parts {
  readonly installation: PseudonymFile;
  readonly clock: Clock;
  readonly permissions: { evaluate(): { readonly destination: Destination | null } };
  readonly open: (destination: Destination) => Promise<HttpClient>;
  readonly change: InTransaction;
  readonly skew: Skew;
  /** The receipt keys of a server by ID; empty if it signs no receipts. */
  readonly keysOf: (address: string) => ReadonlyMap<string, string>;
}

export interface Erasures {
  /** Pseudonyms whose erasure is confirmed. */
  readonly erased: readonly string[];
  /** Pseudonyms whose erasure is accepted and not finished: nothing may be sent under them. */
  readonly accepted: readonly string[];
  /** Why one was not confirmed, `null` if all were; it is retried with the next run. */
  readonly reason: Message | null;
}

/**
 * Waits between status requests to a server that is still erasing, within one run. Milliseconds.
 */
const statusPausesMs = [250, 500, 1_000, 2_000] as const;

/** @throws the signal's reason if that stopped it, LeaseLostError, SQLite's error. */
export async function sendErasures(parts: Parts, signal: AbortSignal): Promise<Erasures> {
  const { installation, clock, permissions, open, change, skew } = parts;
  const erased: string[] = [];
  const accepted: string[] = [];
  let reason: Message | null = null;
  for (const { identity, destination: url } of installation.pendingErasures()) {
    const host = new URL(url).host;
    const current = permissions.evaluate().destination;
    // Token and pins are valid only for the configured address.
    const destination = current?.url === url ? { ...current, url } : { url, host, pins: [], token: undefined };
    const client = await open(destination);
    const { secret, next } = installation.secretFor(identity.anon_user_id, url);
    let sender: Sender = { client, destination, identity, secret, clock, skew, encodings: [], change };
    try {
      let result = await requestErasure(sender, parts, signal);
      // The answer to a rotation was lost: the server may have the new secret.
      if (isNotEnrolled(result) && next !== undefined) {
        sender = { ...sender, secret: next };
        result = await requestErasure(sender, parts, signal);
      }
      // The server forgot an enrolment without accepted data: enrolled again, it confirms.
      if (isNotEnrolled(result) && isEnrolment(await enroll(sender, signal)))
        result = await requestErasure(sender, parts, signal);
      if (isWaiting(result)) {
        change((connection) => endPseudonym(connection, identity.anon_user_id));
        installation.erasureAccepted(identity.anon_user_id, url);
        result = await pollStatus(sender, parts, result, signal);
      }
      if (isWaiting(result)) {
        accepted.push(identity.anon_user_id);
        reason = message("{host} accepted the erasure and has not finished it yet.", { host });
        continue;
      }
      if (result.outcome !== "accepted") {
        reason =
          result.reason ??
          message("{host} did not confirm the erasure ({status}).", { host, status: String(result.status) });
        continue;
      }
      // The state ends first: after a crash here the erasure is repeated, and the pseudonym is never used again.
      change((connection) => endPseudonym(connection, identity.anon_user_id));
      installation.confirmErasure(identity.anon_user_id, url);
      erased.push(identity.anon_user_id);
    } finally {
      await client.close();
    }
  }
  return { erased, accepted, reason };
}

/** Returns whether the server accepted the erasure and has not finished it. */
function isWaiting({ outcome, status, answer }: UploadResult): boolean {
  if (outcome !== "accepted" || status !== 202) return false;
  try {
    return Object(JSON.parse(answer?.body ?? "")).erasure === "waiting";
  } catch {
    return false;
  }
}

function requestErasure(sender: Sender, parts: Parts, signal: AbortSignal): Promise<UploadResult> {
  const { identity, destination } = sender;
  const body = Buffer.from(erasureBody(identity.anon_user_id));
  return sendErasureRequest(
    sender,
    parts,
    { method: "DELETE", url: siblingUrl(destination, `users/${identity.anon_user_id}`), body },
    signal,
  );
}

/** Requests the status of an accepted erasure for up to four seconds, until there is a receipt. */
async function pollStatus(
  sender: Sender,
  parts: Parts,
  first: UploadResult,
  signal: AbortSignal,
): Promise<UploadResult> {
  const { identity, destination } = sender;
  const url = siblingUrl(destination, `users/${identity.anon_user_id}/erasure`);
  let result = first;
  for (const pauseMs of statusPausesMs) {
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    result = await sendErasureRequest(sender, parts, { method: "GET", url, body: new Uint8Array() }, signal);
    if (!isWaiting(result)) break;
  }
  return result;
}

/** Sends one request of an erasure and verifies its receipt before recording the answer. */
async function sendErasureRequest(
  sender: Sender,
  { keysOf }: Parts,
  part: Pick<UploadRequest, "method" | "url" | "body">,
  signal: AbortSignal,
): Promise<UploadResult> {
  const { destination, identity, change } = sender;
  const request: UploadRequest = { ...part, kind: "erasure", batchId: null, events: 0 };
  change((connection) => recordSending(connection, sender, request));
  const response = await sendRequest(sender, request, signal);
  const { signed } = response;
  // The server may have rotated its receipt keys.
  if (signed !== undefined && keysOf(destination.url).size > 0 && !keysOf(destination.url).has(signed.key_id))
    await fetchKeys(sender, signal);
  const distrust = isWaiting(response)
    ? undefined
    : distrustOf(destination.host, keysOf(destination.url), identity.anon_user_id, response);
  const result = distrusted(response, distrust);
  change((connection) => recordAnswer(connection, sender, request, result));
  return result;
}

/** Returns why a confirmation is not trusted: a server that signs receipts must send one. */
function distrustOf(
  host: string,
  keys: ReadonlyMap<string, string>,
  anonUserId: string,
  { outcome, signed }: UploadResult,
): Distrust | undefined {
  if (outcome !== "accepted" || keys.size === 0) return undefined;
  const key = signed === undefined ? undefined : keys.get(signed.key_id);
  const receipt = signed === undefined || key === undefined ? undefined : verifyErasure(signed, key);
  if (receipt?.anon_user_id === anonUserId) return undefined;
  return { outcome: "later", reason: message("{host} confirmed the erasure without a valid receipt.", { host }) };
}
