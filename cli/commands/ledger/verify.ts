/** `nexus ledger verify`: the chain, every kept body and every receipt, offline; of this machine, or of an export. */
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
  const verdict = file === undefined ? await withReader((observer) => observer.verifyLedger()) : verify(linesOf(file));
  if (json === true) printJson(verdict === null ? { version: 2, entries: 0 } : { version: 2, ...verdict });
  else
    print(
      verdict === null || verdict.entries === 0 ? "There is no ledger: nothing was ever sent." : verdictText(verdict),
    );
  if ((verdict?.faults.length ?? 0) > 0) process.exitCode = exitCodes.failed;
}

function verdictText({ entries, receipts, withoutReceipt, bodies, faults, head }: LedgerCheck): string {
  return [
    `${countText(entries, "entry", "entries")}, ${countText(receipts, "receipt")}, ${withoutReceipt} accepted without one.`,
    `${countText(bodies, "body", "bodies")} kept.`,
    ...faults.map(({ seq, message }) => `Entry ${seq}: ${message}.`),
    faults.length === 0 ? `All is as it was written. Last digest: ${head}` : "The ledger does not hold.",
  ].join("\n");
}

/** The lines of an export. @throws UsageError */
function* linesOf(file: string): Iterable<LedgerLine> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
  for (const [n, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const { seq, entry, hash, body } = parsed(line, `${file}, line ${n + 1}`);
    if (typeof seq !== "number" || typeof entry !== "string" || typeof hash !== "string")
      throw new UsageError(`${file}, line ${n + 1}: this is no line of an exported ledger.`);
    yield { seq, entry, hash, body: typeof body === "string" ? Buffer.from(body, "utf8") : undefined };
  }
}

function parsed(line: string, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new UsageError(`${where}: this is no line of an exported ledger.`);
}
