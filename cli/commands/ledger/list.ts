/** `nexus ledger list`: what was sent, and what came of it. */
import { describeEntry } from "../../../server/upload/ledger/describe.ts";
import { type JsonOption, print, printJson, timeText } from "../../output/print.ts";
import { withReader } from "../../runtime.ts";

export function run({ json, limit = 50 }: JsonOption & { readonly limit?: number }): Promise<void> {
  return withReader((observer) => {
    const rows = observer.ledger(limit);
    if (json === true) printJson({ version: 1, entries: rows });
    else if (rows.length === 0) print("Nothing was ever sent.");
    else
      for (const { seq, entry } of rows)
        print(`${String(seq).padStart(6)}  ${timeText(entry.ts)}  ${describeEntry(entry)}`);
  });
}
