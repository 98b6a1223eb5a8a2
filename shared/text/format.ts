/** Sentences that more than one face of the product says: page, status item, terminal. */
import type { Permission, Refusal } from "../consent/consent.ts";

interface Report {
  readonly outcome: string;
  readonly events: number;
  readonly rejected: number;
  readonly reason: string | null;
  readonly pending: number;
  readonly retryAtMs: number | null;
}

const effects: Readonly<Record<Refusal["reach"], string>> = {
  all: "forbids recording",
  sharing: "forbids sharing",
};

/** Who says no, and to what. */
export function refusalSentence({ name, reach }: Refusal): string {
  return `${name} ${effects[reach]}.`;
}

/** The mode and why, in one sentence. */
export function modeSentence({ mode, consent, refusals }: Permission): string {
  if (mode === "local") return "On: recorded on this machine, nothing is sent.";
  if (mode === "share") return "On: recorded on this machine and shared with the destination you chose.";
  if (consent === "damaged") return "Off: the record of your consent is damaged. Choose again.";
  if (consent === "never_asked") return "Off: you have not been asked, and nothing is recorded.";
  if (consent === "refused") return "Off, as you chose. Nothing is recorded.";
  const names = refusals.filter(({ reach }) => reach === "all").map(({ name }) => name);
  return `Off: you said yes, and ${names.join(" and ")} says no.`;
}

/** Beyond this number it is not counted on. */
export const maxCounted = 10_000;

/** 12 → "12 events", 10,000 or more → "More than 10,000 events". */
export function pendingText(pending: number): string {
  return pending < maxCounted ? countText(pending, "event") : `More than ${countText(maxCounted, "event")}`;
}

/** A moment on the wall clock: "10:14", or with its date where that is another day. */
export function clockText(ms: number, nowMs: number): string {
  const [date = "", time = ""] = new Date(ms).toLocaleString("sv-SE").split(" ");
  const today = new Date(nowMs).toLocaleString("sv-SE").startsWith(date);
  return `${today ? "" : `${date} `}${time.slice(0, 5)}`;
}

/** A reason as a sentence of its own. */
const asSentence = (reason: string): string => `${reason.replace(/\.$/, "")}.`;

interface Waiting {
  /** Why nothing could be sent. */
  readonly reason: string;
  /** Events that wait. */
  readonly pending: number;
  /** When it is tried again, in milliseconds since 1970. */
  readonly retryAtMs: number;
}

/** "127.0.0.1:8787 cannot be reached. 11 events are waiting; next try at 10:14." */
export function waitingText({ reason, pending, retryAtMs }: Waiting, nowMs: number): string {
  const events = pending === 0 ? "" : `${pendingText(pending)} ${pending === 1 ? "is" : "are"} waiting; `;
  const next = `next try at ${clockText(retryAtMs, nowMs)}.`;
  return `${asSentence(reason)} ${events === "" ? `N${next.slice(1)}` : `${events}${next}`}`;
}

/** The result of a sync, in a sentence or two. */
export function reportSentence(
  { outcome, events, rejected, reason, pending, retryAtMs }: Report,
  nowMs: number,
): string {
  const sent = outcome === "done" || events > 0 ? [`Sent ${countText(events, "event")}.`] : [];
  const refused = rejected > 0 ? [`The server refused ${countText(rejected, "batch", "batches")}.`] : [];
  const isWaiting = outcome === "waiting" && retryAtMs !== null;
  const why =
    reason === null ? [] : [isWaiting ? waitingText({ reason, pending, retryAtMs }, nowMs) : asSentence(reason)];
  return [...sent, ...refused, ...why].join(" ") || "Nothing was sent.";
}

/** What came of asking servers to erase what was shared. */
export function erasureText({ erased, erasing, reason }: Pick<Report, "reason"> & ErasureCounts): string {
  const done = erased > 0 ? [`${countText(erased, "server")} confirmed that what you shared is erased.`] : [];
  const under =
    erasing > 0
      ? [`${countText(erasing, "server")} accepted the request and is erasing; the signed receipt follows.`]
      : [];
  const failed =
    erased + erasing === 0
      ? [reason === null ? "" : asSentence(reason), "The request is repeated with the next sync."]
      : [];
  return [...done, ...under, ...failed].filter((text) => text !== "").join(" ");
}

/** How erasures stand that no server has confirmed: "1 accepted by its server, which is erasing", "2 not confirmed yet". */
export function erasuresText({ erasures, erasing }: { readonly erasures: number; readonly erasing: number }): string {
  const open = erasures - erasing;
  const parts = [
    ...(erasing > 0 ? [`${erasing} accepted by the server, which is erasing; the receipt follows`] : []),
    ...(open > 0 ? [`${open} not confirmed yet`] : []),
  ];
  return parts.join(", ");
}

interface ErasureCounts {
  readonly erased: number;
  readonly erasing: number;
}

/** What the search after a purge has shown. */
/** Said after a purge that removed what was remembered of agents' settings. */
export const forgottenSettings =
  "What was remembered to give agents' settings back to the byte is deleted too; disconnecting an agent still takes its hook out.";

export function proofText(searched: number, copies: readonly string[]): string {
  if (copies.length > 0)
    return `The database holds none of it; these copies beside it still do, and are yours to remove: ${copies.join(", ")}.`;
  return searched === 0 ? "" : `None of ${countText(searched, "id")} is left in any file.`;
}

/** 1,536 → "1.5 KB". */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** 1 → "1 event", 1234 → "1,234 events". */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** 0 → "0 ms", 0.4 → "< 1 ms", 950 → "950 ms", 61000 → "1 min 1 s", 8,100,000 → "2 h 15 min". */
export function durationText(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 1) return "< 1 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
