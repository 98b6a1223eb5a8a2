/** Sentences that the dashboard, the status bar item and the terminal share. */
import type { Permission, Refusal } from "../consent/consent.ts";
import { clockText, countText } from "./format.ts";

interface Report {
  readonly outcome: string;
  readonly events: number;
  readonly rejected: number;
  readonly reason: string | null;
  readonly pending: number;
  readonly retryAtMs: number | null;
}

const blocked: Readonly<Record<Refusal["reach"], string>> = {
  all: "Recording is blocked by",
  sharing: "Sharing is blocked by",
};

/** "Recording is blocked by the policy file." */
export function refusalSentence({ name, reach }: Refusal): string {
  return `${blocked[reach]} ${name}.`;
}

/** The mode and its reason. */
export function modeSentence({ mode, consent, refusals }: Permission): string {
  if (mode === "local") return "On: data stays on this machine.";
  if (mode === "share") return "On: data is stored on this machine and shared with your destination.";
  if (consent === "damaged") return "Off: the consent file is damaged. Choose again.";
  if (consent === "never_asked") return "Off: you have not chosen yet.";
  if (consent === "refused") return "Off by your choice.";
  const names = refusals.filter(({ reach }) => reach === "all").map(({ name }) => name);
  return `Off: blocked by ${names.join(" and ")} (you have consented).`;
}

/** Pending events are counted up to this number. */
export const maxCounted = 10_000;

/** 12 → "12 events", 10,000 or more → "More than 10,000 events". */
export function pendingText(pending: number): string {
  return pending < maxCounted ? countText(pending, "event") : `More than ${countText(maxCounted, "event")}`;
}

const asSentence = (reason: string): string => `${reason.replace(/\.$/, "")}.`;

interface Waiting {
  /** Why the last attempt failed. */
  readonly reason: string;
  /** Pending events. */
  readonly pending: number;
  /** Time of the next attempt, in milliseconds since 1970. */
  readonly retryAtMs: number;
}

/** "127.0.0.1:8787 cannot be reached. 11 events are waiting; next attempt at 10:14." */
export function waitingText({ reason, pending, retryAtMs }: Waiting, nowMs: number): string {
  const at = clockText(retryAtMs, nowMs);
  if (pending === 0) return `${asSentence(reason)} Next attempt at ${at}.`;
  const verb = pending === 1 ? "is" : "are";
  return `${asSentence(reason)} ${pendingText(pending)} ${verb} waiting; next attempt at ${at}.`;
}

/** The result of a sync in one or two sentences. */
export function reportSentence(
  { outcome, events, rejected, reason, pending, retryAtMs }: Report,
  nowMs: number,
): string {
  const sentences: string[] = [];
  if (outcome === "done" || events > 0) sentences.push(`Sent ${countText(events, "event")}.`);
  if (rejected > 0) sentences.push(`The server rejected ${countText(rejected, "batch", "batches")}.`);
  if (reason !== null) {
    const isWaiting = outcome === "waiting" && retryAtMs !== null;
    sentences.push(isWaiting ? waitingText({ reason, pending, retryAtMs }, nowMs) : asSentence(reason));
  }
  return sentences.join(" ") || "Nothing was sent.";
}

interface ErasureCounts {
  readonly erased: number;
  readonly erasing: number;
}

/** The result of a request to erase shared data. */
export function erasureText({ erased, erasing, reason }: Pick<Report, "reason"> & ErasureCounts): string {
  if (erased + erasing === 0) {
    const why = reason === null ? "" : `${asSentence(reason)} `;
    return `${why}Erasure not confirmed yet. It is retried with the next sync.`;
  }
  const sentences: string[] = [];
  if (erased > 0) sentences.push(`${countText(erased, "server")} confirmed the erasure.`);
  if (erasing > 0) sentences.push(`${countText(erasing, "server")} accepted the request; the signed receipt follows.`);
  return sentences.join(" ");
}

/** Unconfirmed erasures: "1 accepted by the server, receipt pending, 2 not confirmed yet". */
export function erasuresText({ erasures, erasing }: { readonly erasures: number; readonly erasing: number }): string {
  const unconfirmed = erasures - erasing;
  const parts: string[] = [];
  if (erasing > 0) parts.push(`${erasing} accepted by the server, receipt pending`);
  if (unconfirmed > 0) parts.push(`${unconfirmed} not confirmed yet`);
  return parts.join(", ");
}

/** Shown after a purge that deleted the records of changed agent settings. */
export const deletedSettingsText =
  "Records for restoring agents' settings byte for byte were deleted. Disconnecting still removes the hooks.";

/** The result of searching the files after a purge. */
export function proofText(searched: number, copies: readonly string[]): string {
  if (copies.length > 0) return `The database is clean, but these copies still contain data: ${copies.join(", ")}.`;
  return searched === 0 ? "" : `Verified: none of ${countText(searched, "ID")} found in any file.`;
}
