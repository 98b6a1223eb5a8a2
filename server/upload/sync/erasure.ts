/**
 * Remote erasure: a request to each server that was sent something, for each pseudonym it was sent under, kept until the server
 * confirms. It is the one message that may leave after sharing was switched off.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import { type Destination, siblingUrl } from "../../config/destination.ts";
import type { HttpClient } from "../http/http-client.ts";
import type { PseudonymFile } from "../state/pseudonyms.ts";
import { verifyErasure } from "../wire/receipt.ts";
import { enroll, fetchKeys } from "./access.ts";
import { isEnrolment, isNotEnrolled } from "./enrolment.ts";
import {
  type Distrust,
  type InTransaction,
  type Sender,
  type Skew,
  sendWithLedger,
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
  /** The keys with which a server signs its receipts, by their ids; none if it gives none. */
  readonly keysOf: (address: string) => ReadonlyMap<string, string>;
}

export interface Erasures {
  /** The pseudonyms whose erasure was confirmed. */
  readonly erased: readonly string[];
  /** The pseudonyms whose erasure servers have accepted and not finished: nothing may be sent under them any more. */
  readonly accepted: readonly string[];
  /** Why one was not confirmed, `null` if all were. What fails waits for the next run. */
  readonly reason: string | null;
}

/** How often, and how long, a server that is still erasing is asked within one run. Milliseconds. */
const statusPausesMs = [250, 500, 1_000, 2_000] as const;

/** @throws the signal's reason where that stopped it; SQLite's error. */
export async function sendErasures(parts: Parts, signal: AbortSignal): Promise<Erasures> {
  const { installation, clock, permissions, open, change, skew } = parts;
  const erased: string[] = [];
  const accepted: string[] = [];
  let reason: string | null = null;
  for (const { identity, destination: url } of installation.pendingErasures()) {
    const host = new URL(url).host;
    const current = permissions.evaluate().destination;
    // Token and pins belong to the address they were given for.
    const destination = current?.url === url ? { ...current, url } : { url, host, pins: [], token: undefined };
    const client = await open(destination);
    const { secret, next } = installation.secretFor(identity.anon_user_id, url);
    let sender: Sender = { client, destination, identity, secret, clock, skew, encodings: [], change };
    try {
      let result = await requested(sender, parts, signal);
      // A rotation whose answer was lost: the server may have the new secret.
      if (isNotEnrolled(result) && next !== undefined) {
        sender = { ...sender, secret: next };
        result = await requested(sender, parts, signal);
      }
      // It has forgotten an enrolment of which it accepted nothing: known again, it confirms that.
      if (isNotEnrolled(result) && isEnrolment(await enroll(sender, signal)))
        result = await requested(sender, parts, signal);
      if (isWaiting(result)) {
        installation.erasureAccepted(identity.anon_user_id, url);
        result = await finished(sender, parts, result, signal);
      }
      if (isWaiting(result)) {
        accepted.push(identity.anon_user_id);
        reason = `${host} has accepted the erasure and is not done yet`;
        continue;
      }
      if (result.outcome !== "accepted") {
        reason = result.reason ?? `${host} did not confirm the erasure (${result.status})`;
        continue;
      }
      installation.confirmErasure(identity.anon_user_id, url);
      erased.push(identity.anon_user_id);
    } finally {
      await client.close();
    }
  }
  return { erased, accepted, reason };
}

/** What the server answers until its receipt can be signed. */
function isWaiting({ outcome, status, answer }: UploadResult): boolean {
  if (outcome !== "accepted" || status !== 202) return false;
  try {
    return Object(JSON.parse(answer?.body ?? "")).erasure === "waiting";
  } catch {
    return false;
  }
}

function requested(sender: Sender, parts: Parts, signal: AbortSignal): Promise<UploadResult> {
  const { identity, destination } = sender;
  const body = Buffer.from(JSON.stringify({ anon_user_id: identity.anon_user_id }));
  return sendRequest(
    sender,
    parts,
    { method: "DELETE", url: siblingUrl(destination, `users/${identity.anon_user_id}`), body },
    signal,
  );
}

/** Asks a server that accepted an erasure until it has a receipt, for some seconds. */
async function finished(sender: Sender, parts: Parts, first: UploadResult, signal: AbortSignal): Promise<UploadResult> {
  const { identity, destination } = sender;
  const url = siblingUrl(destination, `users/${identity.anon_user_id}/erasure`);
  let result = first;
  for (const pauseMs of statusPausesMs) {
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    result = await sendRequest(sender, parts, { method: "GET", url, body: new Uint8Array() }, signal);
    if (!isWaiting(result)) break;
  }
  return result;
}

async function sendRequest(
  sender: Sender,
  { keysOf }: Parts,
  request: Pick<UploadRequest, "method" | "url" | "body">,
  signal: AbortSignal,
): Promise<UploadResult> {
  const { destination, identity } = sender;
  return sendWithLedger(
    sender,
    { ...request, kind: "erasure", batchId: null, events: 0 },
    {
      rejectReason: async (answered) => {
        if (isWaiting(answered)) return undefined;
        const { signed } = answered;
        // Its keys may have been rotated since.
        if (signed !== undefined && keysOf(destination.url).size > 0 && !keysOf(destination.url).has(signed.key_id))
          await fetchKeys(sender, signal);
        return distrust(destination.host, keysOf(destination.url), identity.anon_user_id, answered);
      },
    },
    signal,
  );
}

/** A server that gives receipts confirms an erasure with one. */
function distrust(
  host: string,
  keys: ReadonlyMap<string, string>,
  anonUserId: string,
  { outcome, signed }: UploadResult,
): Distrust | undefined {
  if (outcome !== "accepted" || keys.size === 0) return undefined;
  const key = signed === undefined ? undefined : keys.get(signed.key_id);
  const receipt = signed === undefined || key === undefined ? undefined : verifyErasure(signed, key);
  if (receipt?.anon_user_id === anonUserId) return undefined;
  return { outcome: "later", reason: `${host} confirmed the erasure without a valid receipt` };
}
