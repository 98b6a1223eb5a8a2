/** Describes a ledger entry in one line, for the CLI and the dashboard. */
import { countText, sizeText } from "../../../shared/text/format.ts";
import type { Answered, Entry } from "./ledger.ts";

/** "accepted (200)", "later (503): the server requested a delay". */
export function describeAnswer({ outcome, status, reason }: Answered): string {
  return `${outcome.replaceAll("_", " ")}${status === null ? "" : ` (${status})`}${reason === null ? "" : `: ${reason}`}`;
}

export function describeEntry(entry: Entry): string {
  switch (entry.phase) {
    case "sending":
      return `${entry.kind} to ${entry.host}: ${countText(entry.events, "event")}, ${sizeText(entry.bytes)}, sha256 ${entry.sha256.slice(0, 12)}…`;
    case "answered":
      return `${entry.kind} ${describeAnswer(entry)}${entry.receipt === null ? "" : ", with receipt"}`;
    case "key_pinned":
      return `pinned key ${entry.key_id} of ${entry.host}`;
  }
}
