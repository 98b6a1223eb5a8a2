/** `nexus ledger export`: the complete ledger as JSON Lines, for verification anywhere. */

import { constants, copyFileSync, createWriteStream, linkSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { temporaryName } from "../../../server/files/atomic-write.ts";
import { errorCode } from "../../../shared/text/error-code.ts";
import { countText } from "../../../shared/text/format.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { withReader } from "../../runtime.ts";

interface LedgerExportOptions extends JsonOption {
  readonly output: string;
}

export function run({ output, json }: LedgerExportOptions): Promise<void> {
  const path = resolve(output);
  return withReader(async (reader) => {
    let entries = 0;
    const lines = function* () {
      for (const line of reader.ledgerLines()) {
        entries += 1;
        yield `${line}\n`;
      }
    };
    const temporary = temporaryName(path);
    try {
      await pipeline(Readable.from(lines()), createWriteStream(temporary, { mode: 0o600, flags: "wx", flush: true }));
      publish(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
    if (json === true) printJson({ version: 1, path, entries });
    else
      print(
        `Exported ${countText(entries, "entry", "entries")} to ${path}. To verify it: nexus ledger verify --file ${path}`,
      );
  });
}

/** Gives the complete file its final name. @throws UsageError if a file or link has that name. */
function publish(temporary: string, path: string): void {
  try {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (errorCode(error) === "EEXIST") throw error;
      // Some file systems, such as FAT, have no hard links.
      copyFileSync(temporary, path, constants.COPYFILE_EXCL);
    }
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    throw new UsageError(`${path} already exists. Choose another name, or delete it.`);
  }
}
