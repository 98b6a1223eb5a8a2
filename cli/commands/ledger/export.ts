/** `nexus ledger export`: the whole ledger as JSON Lines, which `nexus ledger verify --file` checks anywhere. */
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { countText } from "../../../shared/words.ts";
import { type JsonOption, print, printJson } from "../../print.ts";
import { withObserver } from "../../product.ts";

interface LedgerExportOptions extends JsonOption {
  readonly output: string;
}

export function run({ output, json }: LedgerExportOptions): Promise<void> {
  const path = resolve(output);
  return withObserver(async (observer) => {
    let entries = 0;
    const lines = function* () {
      for (const line of observer.ledgerLines()) {
        entries += 1;
        yield `${line}\n`;
      }
    };
    await pipeline(Readable.from(lines()), createWriteStream(path, { mode: 0o600, flags: "w" }));
    if (json === true) printJson({ version: 1, path, entries });
    else print(`Exported ${countText(entries, "entry", "entries")} to ${path}. nexus ledger verify --file checks it.`);
  });
}
