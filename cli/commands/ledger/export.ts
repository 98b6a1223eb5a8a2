/** `nexus ledger export`: the whole ledger as JSON Lines, which `nexus ledger verify --file` checks anywhere. */
import { randomUUID } from "node:crypto";
import { constants, copyFileSync, createWriteStream, linkSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { temporarySuffix } from "../../../server/files/atomic-write.ts";
import { countText } from "../../../shared/text/format.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { withReader } from "../../runtime.ts";

interface LedgerExportOptions extends JsonOption {
  readonly output: string;
}

export function run({ output, json }: LedgerExportOptions): Promise<void> {
  const path = resolve(output);
  return withReader(async (observer) => {
    let entries = 0;
    const lines = function* () {
      for (const line of observer.ledgerLines()) {
        entries += 1;
        yield `${line}\n`;
      }
    };
    const unfinished = `${path}.${randomUUID().slice(0, 8)}${temporarySuffix}`;
    try {
      await pipeline(Readable.from(lines()), createWriteStream(unfinished, { mode: 0o600, flags: "wx", flush: true }));
      appear(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    if (json === true) printJson({ version: 1, path, entries });
    else print(`Exported ${countText(entries, "entry", "entries")} to ${path}. nexus ledger verify --file checks it.`);
  });
}

/** Gives a whole file its name, which no file or link has. @throws UsageError where one has. */
function appear(unfinished: string, path: string): void {
  try {
    try {
      linkSync(unfinished, path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw error;
      // Not every file system has links.
      copyFileSync(unfinished, path, constants.COPYFILE_EXCL);
    }
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    throw new UsageError(`${path} exists, and is left as it is. Choose another name, or remove it.`);
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, "code") : undefined);
