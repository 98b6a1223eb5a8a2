/**
 * Searches files for ids that must not be in them, in a process of its own: this one has the database open, and would lose
 * its locks if it opened the file in any other way (`docs/internals/architecture.md`, "The lock trap").
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** Reads `{files, copies, ids}` (hex) from standard input and prints how many ids are in the files, and which copies hold one. */
const searcher = `
const { readFileSync } = require("node:fs");
const { files, copies, ids } = JSON.parse(readFileSync(0, "utf8"));
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
function idsIn(file) {
  const bytes = readFileSync(file);
  const found = new Set();
  for (const { beginning, ids, size } of byBeginning.values()) {
    for (let at = bytes.indexOf(beginning); at !== -1; at = bytes.indexOf(beginning, at + 1)) {
      const id = bytes.subarray(at, at + size).toString("hex");
      if (ids.has(id)) found.add(id);
    }
  }
  return found;
}
const found = new Set(files.flatMap((file) => [...idsIn(file)]));
const holding = copies.filter((file) => {
  try {
    return idsIn(file).size > 0;
  } catch {
    // Not readable, or gone meanwhile.
    return false;
  }
});
process.stdout.write(JSON.stringify({ found: found.size, holding }));`;

/** Larger files beside the database are not looked into. Bytes. */
const maxCopyBytes = 1024 ** 3;

/** What else is in the folder of the database: it may be a copy, made by a backup or a synchronized folder. */
function filesBeside(files: readonly string[]): readonly string[] {
  const [database = ""] = files;
  const own = new Set(files);
  return readdirSync(dirname(database), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(dirname(database), name))
    .filter(
      (path) => !own.has(path) && (statSync(path, { throwIfNoEntry: false })?.size ?? maxCopyBytes) < maxCopyBytes,
    );
}

/** How many ids were searched for, and how many of them were found. */
export interface EraseCheck {
  readonly searched: number;
  readonly found: number;
  /** Other files in the folder of the database that hold one: copies, which are the user's to remove. */
  readonly copies: readonly string[];
}

/** @throws where the search itself fails. */
export function findErasedIds(files: readonly string[], ids: readonly string[]): EraseCheck {
  const there = files.filter((file) => existsSync(file));
  if (ids.length === 0 || there.length === 0) return { searched: ids.length, found: 0, copies: [] };
  const { status, stdout } = process
    .getBuiltinModule("node:child_process")
    .spawnSync(process.execPath, ["-e", searcher], {
      input: JSON.stringify({ files: there, copies: filesBeside(files), ids }),
      encoding: "utf8",
      // Inside an editor the executable is the editor's.
      env: { ELECTRON_RUN_AS_NODE: "1" },
    });
  if (status !== 0) throw new Error("the search for erased ids did not run");
  const { found, holding } = JSON.parse(stdout);
  return { searched: ids.length, found, copies: holding };
}

/** An erasure left something behind. It is to be told, and tried again. */
export class NotErasedError extends Error {
  override readonly name = "NotErasedError";
}
