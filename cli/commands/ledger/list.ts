/** `nexus ledger list`: what was sent, and what came of it. */
import type { Entry } from "../../../server/upload/ledger.ts";
import { countText, sizeText } from "../../../shared/words.ts";
import { type JsonOption, print, printJson, timeText } from "../../print.ts";
import { withObserver } from "../../product.ts";

function sentence(entry: Entry): string {
  switch (entry.phase) {
    case "sending":
      return `${entry.kind} to ${entry.host}: ${countText(entry.events, "event")}, ${sizeText(entry.bytes)}, sha256 ${entry.sha256.slice(0, 12)}…`;
    case "answered": {
      const why = entry.reason === null ? "" : `: ${entry.reason}`;
      return `${entry.kind} ${entry.outcome.replaceAll("_", " ")}${entry.status === null ? "" : ` (${entry.status})`}${why}${entry.receipt === null ? "" : ", with receipt"}`;
    }
    case "key_pinned":
      return `key ${entry.key_id} of ${entry.host} is trusted from now on`;
  }
}

export function run({ json, limit = 50 }: JsonOption & { readonly limit?: number }): Promise<void> {
  return withObserver((observer) => {
    const rows = observer.ledger(limit);
    if (json === true) printJson({ version: 1, entries: rows });
    else if (rows.length === 0) print("Nothing was ever sent.");
    else
      for (const { seq, entry } of rows) print(`${String(seq).padStart(6)}  ${timeText(entry.ts)}  ${sentence(entry)}`);
  });
}
