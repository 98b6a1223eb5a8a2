/** `nexus ledger list`: the newest requests and their results. */

import { describeEntry } from "../../../server/upload/ledger/describe.ts";
import { dateTimeText } from "../../../shared/text/format.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { withReader } from "../../runtime.ts";

export function run({ json, limit = 50 }: JsonOption & { readonly limit?: number }): Promise<void> {
  return withReader((reader) => {
    const rows = reader.ledger(limit);
    if (json === true) printJson({ version: 1, entries: rows });
    else if (rows.length === 0) print("The ledger is empty.");
    else
      for (const { seq, entry } of rows)
        print(`${String(seq).padStart(6)}  ${dateTimeText(entry.ts)}  ${describeEntry(entry)}`);
  });
}
