/**
 * How an installation makes itself known to a server (`docs/reference/wire-protocol.md`): enrolment, with a proof of work where the server asks for one,
 * the server's keys for receipts, and the rotation of the secret.
 */
import { siblingUrl } from "../../config/destination.ts";
import { markEnrolled, pinKeys } from "../state/known-servers.ts";
import type { PseudonymFile } from "../state/pseudonyms.ts";
import { readKeys } from "../wire/receipt.ts";
import { hasNoRoute, isEnrolment, isNotEnrolled, proofBitsIn } from "./enrolment.ts";
import { protocolError } from "./outcome.ts";
import { type Sender, sendWithLedger, type UploadRequest, type UploadResult } from "./request.ts";

/** A secret is replaced when it is this old. Milliseconds. */
export const secretAgeMs = 90 * 24 * 3_600_000;

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

function enrolmentOf(
  sender: Sender,
  secret: string,
): Pick<UploadRequest, "method" | "body" | "batchId" | "events" | "secret"> {
  const body = JSON.stringify({ anon_user_id: sender.identity.anon_user_id, secret: base64(secret) });
  return { method: "POST", body: Buffer.from(body), batchId: null, events: 0, secret: true };
}

/** Enrols the secret in use; the same one once more changes nothing. @throws the signal's reason; SQLite's error. */
export async function enroll(sender: Sender, signal: AbortSignal): Promise<UploadResult> {
  const { destination, identity } = sender;
  const request: UploadRequest = {
    ...enrolmentOf(sender, sender.secret),
    kind: "enroll",
    url: siblingUrl(destination, "enroll"),
  };
  const ask = (proofBits?: number) =>
    sendWithLedger(
      { ...sender, encodings: [] },
      proofBits === undefined ? request : { ...request, proofBits },
      {
        onLedgeredResponse: (connection, answered) => {
          if (isEnrolment(answered)) markEnrolled(connection, destination.url, identity.anon_user_id);
        },
      },
      signal,
    );
  const result = await ask();
  const bits = proofBitsIn(result);
  return bits === undefined ? result : ask(bits);
}

/** Fetches the keys that sign receipts, and pins those that may be trusted. @throws the signal's reason; SQLite's error. */
export async function fetchKeys(sender: Sender, signal: AbortSignal): Promise<void> {
  const { destination, clock } = sender;
  const request: UploadRequest = {
    kind: "keys",
    method: "GET",
    url: siblingUrl(destination, "keys"),
    body: new Uint8Array(),
    batchId: null,
    events: 0,
  };
  await sendWithLedger(
    sender,
    request,
    {
      onLedgeredResponse: (connection, { outcome, answer }) => {
        const named = outcome === "accepted" ? readKeys(answer?.body ?? "") : undefined;
        if (named !== undefined) pinKeys(connection, destination.url, named, clock.nowMs());
      },
    },
    signal,
  );
}

/**
 * Replaces an old secret by a new one, which is on the disk before the server hears of it. A rotation whose answer was lost is repeated:
 * until it is clear which secret the server has, nothing else is sent.
 * @returns the sender with the secret that counts now; the result where it has to be tried again. @throws the signal's reason; SQLite's error.
 */
export async function withFreshSecret(
  sender: Sender,
  installation: PseudonymFile,
  signal: AbortSignal,
): Promise<Sender | UploadResult> {
  const { destination, identity, clock } = sender;
  const { url } = destination;
  const id = identity.anon_user_id;
  const { since_ms: sinceMs, next } = installation.secretFor(id, url);
  if (next === undefined && clock.nowMs() - sinceMs < secretAgeMs) return sender;
  const secret = next ?? installation.prepareRotation(id, url);
  const request: UploadRequest = {
    ...enrolmentOf(sender, secret),
    kind: "rotate",
    url: siblingUrl(destination, "rotate"),
  };
  const result = await sendWithLedger({ ...sender, encodings: [] }, request, {}, signal);
  if (isEnrolment(result)) {
    installation.completeRotation(id, url, clock.nowMs());
    return { ...sender, secret };
  }
  // A page of the network may look like a missing route; where the server may have the new secret, only its own word counts.
  const isRefused =
    hasNoRoute(result) && (next === undefined || protocolError(result.answer ?? { body: "" }) !== undefined);
  if (result.outcome === "later" && !isRefused) return result;
  // It does not know the old one any more, and an earlier answer was lost: it has the new one.
  if (next !== undefined && isNotEnrolled(result)) {
    installation.completeRotation(id, url, clock.nowMs());
    return { ...sender, secret };
  }
  // It has no such route, or it does not know us: the secret stays, and is not asked about again for as long.
  installation.dropRotation(id, url, clock.nowMs());
  return sender;
}
