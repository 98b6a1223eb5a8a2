/** Messages that the dashboard, the status bar item and the terminal share. */
import type { Permission, Refusal } from "../consent/consent.ts";
import { type Message, message } from "../protocol/message.ts";
import type { ExportKind } from "../protocol/worker.ts";
import { clockText, countText, dayText } from "./format.ts";

interface Report {
  readonly outcome: string;
  readonly events: number;
  readonly rejected: number;
  readonly reason: Message | null;
  readonly pending: number;
  readonly retryAtMs: number | null;
}

/** "Recording is blocked by the policy file." */
export function refusalMessage({ name, reach }: Refusal): Message {
  return reach === "all"
    ? message("Recording is blocked by {name}.", { name })
    : message("Sharing is blocked by {name}.", { name });
}

/** Explains a fall of the failures on the day of the update. */
export const exitRulesMessage = (sinceMs: number): Message =>
  message("Since {day}, answers such as no match (grep) do not count as failures; earlier runs keep their status.", {
    day: dayText(sinceMs),
  });

/** The mode and its reason. */
export function modeMessage({ mode, consent, refusals }: Permission): Message {
  if (mode === "local") return message("On: data stays on this machine.");
  if (mode === "share") return message("On: data is stored on this machine and shared with your destination.");
  if (consent === "damaged") return message("Off: the consent file is damaged. Choose again.");
  if (consent === "never_asked") return message("Off: you have not chosen yet.");
  if (consent === "refused") return message("Off by your choice.");
  const names = refusals.filter(({ reach }) => reach === "all").map(({ name }) => name);
  return message("Off: blocked by {names} (you have consented).", { names: names.join(" and ") });
}

/** Pending events are counted up to this number. */
export const maxCounted = 10_000;

/** 12 → "12 events", 10,000 or more → "More than 10,000 events". */
export function pendingText(pending: number): string {
  return pending < maxCounted ? countText(pending, "event") : `More than ${countText(maxCounted, "event")}`;
}

interface Waiting {
  /** Why the last attempt failed. */
  readonly reason: Message;
  /** Pending events. */
  readonly pending: number;
  /** Time of the next attempt, in milliseconds since 1970. */
  readonly retryAtMs: number;
}

/** "127.0.0.1:8787 cannot be reached." "11 events are waiting; next attempt at 10:14." */
export function waitingMessages({ reason, pending, retryAtMs }: Waiting, nowMs: number): readonly Message[] {
  const at = clockText(retryAtMs, nowMs);
  const events = pendingText(pending);
  if (pending === 0) return [reason, message("Next attempt at {at}.", { at })];
  return [
    reason,
    pending === 1
      ? message("{events} is waiting; next attempt at {at}.", { events, at })
      : message("{events} are waiting; next attempt at {at}.", { events, at }),
  ];
}

/** The result of a sync in one or two sentences. */
export function reportMessages(
  { outcome, events, rejected, reason, pending, retryAtMs }: Report,
  nowMs: number,
): readonly Message[] {
  const messages: Message[] = [];
  if (outcome === "done" || events > 0)
    messages.push(message("Sent {events}.", { events: countText(events, "event") }));
  if (rejected > 0)
    messages.push(message("The server rejected {batches}.", { batches: countText(rejected, "batch", "batches") }));
  if (reason !== null) {
    const isWaiting = outcome === "waiting" && retryAtMs !== null;
    messages.push(...(isWaiting ? waitingMessages({ reason, pending, retryAtMs }, nowMs) : [reason]));
  }
  return messages.length === 0 ? [message("Nothing was sent.")] : messages;
}

interface ErasureCounts {
  readonly erased: number;
  readonly erasing: number;
}

/** The result of a request to erase shared data. */
export function erasureMessages({
  erased,
  erasing,
  reason,
}: Pick<Report, "reason"> & ErasureCounts): readonly Message[] {
  if (erased + erasing === 0)
    return [
      ...(reason === null ? [] : [reason]),
      message("Erasure not confirmed yet. It is retried with the next sync."),
    ];
  const messages: Message[] = [];
  if (erased > 0) messages.push(message("{servers} confirmed the erasure.", { servers: countText(erased, "server") }));
  if (erasing > 0) {
    const servers = countText(erasing, "server");
    messages.push(message("{servers} accepted the request; the signed receipt follows.", { servers }));
  }
  return messages;
}

/** Unconfirmed erasures: "1 accepted by the server, receipt pending", "2 not confirmed yet". */
export function erasuresMessages({
  erasures,
  erasing,
}: {
  readonly erasures: number;
  readonly erasing: number;
}): readonly Message[] {
  const unconfirmed = erasures - erasing;
  const messages: Message[] = [];
  if (erasing > 0) messages.push(message("{erasing} accepted by the server, receipt pending", { erasing }));
  if (unconfirmed > 0) messages.push(message("{unconfirmed} not confirmed yet", { unconfirmed }));
  return messages;
}

/** Shown after a purge that deleted the records of changed agent settings. */
export const deletedSettingsMessage: Message = message(
  "Records for restoring agents' settings byte for byte were deleted. Disconnecting still removes the hooks.",
);

/** The result of searching the files after a purge; `null` if nothing was searched. */
export function proofMessage(searched: number, copies: readonly string[]): Message | null {
  if (copies.length > 0) {
    return message(
      "The database is clean, but these files next to it still contain erased data. Delete them yourself: {copies}.",
      {
        copies: copies.join(", "),
      },
    );
  }
  if (searched === 0) return null;
  return message("Verified: none of {ids} found in any file.", { ids: countText(searched, "ID") });
}

const kindTexts: Readonly<Record<ExportKind, (rows: number) => string>> = {
  settings: (rows) => countText(rows, "setting"),
  consent: (rows) => countText(rows, "consent record"),
  sessions: (rows) => countText(rows, "session"),
  events: (rows) => countText(rows, "event"),
  totals: (rows) => countText(rows, "total"),
  ledger: (rows) => countText(rows, "ledger entry", "ledger entries"),
};

/** "120 events, 34 totals and 2 consent records". Kinds without rows are left out. */
export function exportText(counts: readonly { readonly kind: ExportKind; readonly rows: number }[]): string {
  const parts = counts.filter(({ rows }) => rows > 0).map(({ kind, rows }) => kindTexts[kind](rows));
  if (parts.length < 2) return parts[0] ?? "nothing";
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
