/**
 * Searches files for ids that must not be in them, in a process of its own: this one has the database open, and would lose
 * its locks if it opened the file in any other way (`docs/architecture.md`, "The lock trap").
 */
import { existsSync } from "node:fs";

/** Reads `{files, ids}` (hex) from standard input and prints how many of the ids it found. */
const searcher = `
const { readFileSync } = require("node:fs");
const { files, ids } = JSON.parse(readFileSync(0, "utf8"));
// Ids share their beginnings, since they begin with the time: each beginning is looked for once.
const length = 4;
const byBeginning = new Map();
for (const id of ids) {
  const bytes = Buffer.from(id, "hex");
  const key = bytes.subarray(0, length).toString("hex");
  const group = byBeginning.get(key) ?? { beginning: bytes.subarray(0, length), ids: new Set(), size: bytes.length };
  group.ids.add(id);
  byBeginning.set(key, group);
}
const found = new Set();
for (const file of files) {
  const bytes = readFileSync(file);
  for (const { beginning, ids, size } of byBeginning.values()) {
    for (let at = bytes.indexOf(beginning); at !== -1; at = bytes.indexOf(beginning, at + 1)) {
      const id = bytes.subarray(at, at + size).toString("hex");
      if (ids.has(id)) found.add(id);
    }
  }
}
process.stdout.write(String(found.size));`;

/** How many ids were searched for, and how many of them were found. */
export interface Proof {
  readonly searched: number;
  readonly found: number;
}

/** @throws where the search itself fails. */
export function searchFiles(files: readonly string[], ids: readonly string[]): Proof {
  const there = files.filter((file) => existsSync(file));
  if (ids.length === 0 || there.length === 0) return { searched: ids.length, found: 0 };
  const { status, stdout } = process
    .getBuiltinModule("node:child_process")
    .spawnSync(process.execPath, ["-e", searcher], {
      input: JSON.stringify({ files: there, ids }),
      encoding: "utf8",
      // Inside an editor the executable is the editor's.
      env: { ELECTRON_RUN_AS_NODE: "1" },
    });
  if (status !== 0) throw new Error("the search for erased ids did not run");
  return { searched: ids.length, found: Number(stdout) };
}

/** An erasure left something behind. It is to be told, and tried again. */
export class NotErasedError extends Error {
  override readonly name = "NotErasedError";
}
