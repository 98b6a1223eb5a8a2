/** `nexus ledger verify`: verifies the ledger, or an export of it, offline. */
import { readFileSync } from "node:fs";
import { type LedgerCheck, type LedgerLine, verify } from "../../../server/upload/ledger/ledger.ts";
import { countText } from "../../../shared/text/format.ts";
import { exitCodes, UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { withReader } from "../../runtime.ts";

interface VerifyOptions extends JsonOption {
  readonly file?: string;
}

export async function run({ file, json }: VerifyOptions): Promise<void> {
  const check = file === undefined ? await withReader((reader) => reader.verifyLedger()) : verify(linesOf(file));
  if (json === true) printJson(check === null ? { version: 2, entries: 0 } : { version: 2, ...check });
  else print(check === null || check.entries === 0 ? "The ledger is empty." : checkText(check));
  if ((check?.faults.length ?? 0) > 0) process.exitCode = exitCodes.failed;
}

function checkText({ entries, receipts, withoutReceipt, bodies, faults, head }: LedgerCheck): string {
  return [
    `${countText(entries, "entry", "entries")}, ${countText(receipts, "receipt")}, ${withoutReceipt} accepted without a receipt.`,
    `${countText(bodies, "body", "bodies")} stored.`,
    ...faults.map(({ seq, message }) => `Entry ${seq}: ${message}.`),
    faults.length === 0 ? `Ledger verified. Last digest: ${head}` : "Ledger verification failed.",
  ].join("\n");
}

/** Reads the lines of an export. @throws UsageError */
function* linesOf(file: string): Iterable<LedgerLine> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`${file} cannot be read. Check the path and its permissions.`);
  }
  for (const [n, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const { seq, entry, hash, body } = parseEntry(line, `${file}, line ${n + 1}`);
    if (typeof seq !== "number" || typeof entry !== "string" || typeof hash !== "string")
      throw new UsageError(`${file}, line ${n + 1}: not a ledger entry. Use an unchanged file of nexus ledger export.`);
    yield { seq, entry, hash, body: typeof body === "string" ? Buffer.from(body, "utf8") : undefined };
  }
}

function parseEntry(line: string, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Reported below.
  }
  throw new UsageError(`${where}: not a ledger entry. Use an unchanged file of nexus ledger export.`);
}
