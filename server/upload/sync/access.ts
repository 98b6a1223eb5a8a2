/**
 * Requests before the first batch (`docs/reference/wire-protocol.md`): enrolment, with a proof of
 * work if the server demands one, the server's receipt keys, and rotation of the signing secret.
 */
import { dayMs } from "../../../shared/schema/durations.ts";
import { siblingUrl } from "../../config/destination.ts";
import { markEnrolled, pinKeys } from "../state/known-servers.ts";
import type { PseudonymFile } from "../state/pseudonyms.ts";
import { readKeys } from "../wire/receipt.ts";
import { hasNoRoute, isEnrolment, isNotEnrolled, proofBitsIn } from "./enrolment.ts";
import { protocolError } from "./outcome.ts";
import {
  recordAnswer,
  recordSending,
  type Sender,
  sendRequest,
  type UploadRequest,
  type UploadResult,
} from "./request.ts";

/** Age at which a secret is replaced. Milliseconds. */
export const secretAgeMs = 90 * dayMs;

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

function enrolmentOf(
  sender: Sender,
  secret: string,
): Pick<UploadRequest, "method" | "body" | "batchId" | "events" | "secret"> {
  const body = JSON.stringify({ anon_user_id: sender.identity.anon_user_id, secret: base64(secret) });
  return { method: "POST", body: Buffer.from(body), batchId: null, events: 0, secret: true };
}

/**
 * Enrols the secret in use; enrolling it again changes nothing.
 * @throws the signal's reason, LeaseLostError, SQLite's error.
 */
export async function enroll(sender: Sender, signal: AbortSignal): Promise<UploadResult> {
  const { destination } = sender;
  const request: UploadRequest = {
    ...enrolmentOf(sender, sender.secret),
    kind: "enroll",
    url: siblingUrl(destination, "enroll"),
  };
  const unencoded = { ...sender, encodings: [] };
  const result = await attemptEnrolment(unencoded, request, signal);
  const proofBits = proofBitsIn(result);
  return proofBits === undefined ? result : attemptEnrolment(unencoded, { ...request, proofBits }, signal);
}

async function attemptEnrolment(sender: Sender, request: UploadRequest, signal: AbortSignal): Promise<UploadResult> {
  const { destination, identity, change } = sender;
  change((connection) => recordSending(connection, sender, request));
  const result = await sendRequest(sender, request, signal);
  change((connection) => {
    recordAnswer(connection, sender, request, result);
    if (isEnrolment(result)) markEnrolled(connection, destination.url, identity.anon_user_id);
  });
  return result;
}

/**
 * Fetches the server's receipt keys and pins the trusted ones.
 * @throws the signal's reason, LeaseLostError, SQLite's error.
 */
export async function fetchKeys(sender: Sender, signal: AbortSignal): Promise<void> {
  const { destination, clock, change } = sender;
  const request: UploadRequest = {
    kind: "keys",
    method: "GET",
    url: siblingUrl(destination, "keys"),
    body: new Uint8Array(),
    batchId: null,
    events: 0,
  };
  change((connection) => recordSending(connection, sender, request));
  const result = await sendRequest(sender, request, signal);
  const keys = result.outcome === "accepted" ? readKeys(result.answer?.body ?? "") : undefined;
  change((connection) => {
    recordAnswer(connection, sender, request, result);
    if (keys !== undefined) pinKeys(connection, destination.url, keys, clock.nowMs());
  });
}

/**
 * Replaces an old secret by a new one, which is on disk before it is sent. A rotation whose answer
 * was lost is repeated: until it is clear which secret the server has, nothing else is sent.
 * @returns the sender with the current secret, or the result if the rotation must be retried.
 * @throws the signal's reason, LeaseLostError, SQLite's error.
 */
export async function withFreshSecret(
  sender: Sender,
  installation: PseudonymFile,
  signal: AbortSignal,
): Promise<Sender | UploadResult> {
  const { destination, identity, clock, change } = sender;
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
  const unencoded = { ...sender, encodings: [] };
  change((connection) => recordSending(connection, unencoded, request));
  const result = await sendRequest(unencoded, request, signal);
  change((connection) => recordAnswer(connection, unencoded, request, result));
  if (isEnrolment(result)) {
    installation.completeRotation(id, url, clock.nowMs());
    return { ...sender, secret };
  }
  // A page of a proxy can look like a missing route. If the server may have the new secret, only
  // its own JSON counts.
  const isRefused =
    hasNoRoute(result) && (next === undefined || protocolError(result.answer ?? { body: "" }) !== undefined);
  if (result.outcome === "later" && !isRefused) return result;
  // The server rejects the old secret, and an earlier answer was lost: it has the new one.
  if (next !== undefined && isNotEnrolled(result)) {
    installation.completeRotation(id, url, clock.nowMs());
    return { ...sender, secret };
  }
  // No such route, or not enrolled: the secret stays for another period.
  installation.dropRotation(id, url, clock.nowMs());
  return sender;
}
