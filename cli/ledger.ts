/** `nexus ledger`: what was sent, and whether the record of it holds. */
import type { Entry } from "../server/upload/ledger.ts";
import { countText, sizeText } from "../shared/words.ts";
import type { JsonOption } from "./consent.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { print, printJson, timeText } from "./print.ts";
import { withWorker } from "./product.ts";

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

export function ledgerList({ json, limit = 50 }: JsonOption & { readonly limit?: number }): Promise<void> {
  return withWorker((worker) => {
    const rows = worker.ledger(limit);
    if (json === true) printJson({ version: 1, entries: rows });
    else if (rows.length === 0) print("Nothing was ever sent.");
    else
      for (const { seq, entry } of rows) print(`${String(seq).padStart(6)}  ${timeText(entry.ts)}  ${sentence(entry)}`);
  });
}

export function ledgerShow(entry: number): Promise<void> {
  return withWorker((worker) => {
    const body = worker.ledgerBody(entry);
    if (body === undefined)
      throw new UsageError(`Entry ${entry} has no body, or it was deleted. See nexus ledger list.`);
    process.stdout.write(body);
  });
}

export function ledgerVerify({ json }: JsonOption): Promise<void> {
  return withWorker((worker) => {
    const verdict = worker.verifyLedger();
    if (json === true) printJson({ version: 1, ...verdict });
    else if (verdict === null) print("There is no ledger: nothing was ever sent.");
    else {
      print(
        `${countText(verdict.entries, "entry", "entries")}, ${countText(verdict.receipts, "receipt")}, ${verdict.withoutReceipt} accepted without one.`,
      );
      print(`${countText(verdict.bodies, "body", "bodies")} kept.`);
      for (const { seq, what } of verdict.faults) print(`Entry ${seq}: ${what}.`);
      print(
        verdict.faults.length === 0
          ? `All is as it was written. Last digest: ${verdict.head}`
          : "The ledger does not hold.",
      );
    }
    if ((verdict?.faults.length ?? 0) > 0) process.exitCode = exitCodes.failed;
  });
}
