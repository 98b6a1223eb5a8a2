/** Describes a ledger entry in one line, for the CLI and the dashboard. */
import { countText, sizeText } from "../../../shared/text/format.ts";
import type { Entry } from "./ledger.ts";

export function describeEntry(entry: Entry): string {
  switch (entry.phase) {
    case "sending":
      return `${entry.kind} to ${entry.host}: ${countText(entry.events, "event")}, ${sizeText(entry.bytes)}, sha256 ${entry.sha256.slice(0, 12)}…`;
    case "answered": {
      const why = entry.reason === null ? "" : `: ${entry.reason}`;
      return `${entry.kind} ${entry.outcome.replaceAll("_", " ")}${entry.status === null ? "" : ` (${entry.status})`}${why}${entry.receipt === null ? "" : ", with receipt"}`;
    }
    case "key_pinned":
      return `pinned key ${entry.key_id} of ${entry.host}`;
  }
}
