/**
 * Searches files for erased IDs in a separate process: this one has the database open and would
 * lose its locks if it also opened the file directly (architecture.md, "The lock trap").
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Reads `{files, copies, ids}` (hex) from standard input. Prints the number of IDs found in the
 * files and the names of copies that contain one.
 */
const searcher = `
const { readFileSync } = require("node:fs");
const { files, copies, ids } = JSON.parse(readFileSync(0, "utf8"));
// IDs start with the time and share prefixes: each prefix is searched for once.
const prefixBytes = 4;
const byPrefix = new Map();
for (const id of ids) {
  const bytes = Buffer.from(id, "hex");
  const key = bytes.subarray(0, prefixBytes).toString("hex");
  const group = byPrefix.get(key) ?? { prefix: bytes.subarray(0, prefixBytes), ids: new Set(), size: bytes.length };
  group.ids.add(id);
  byPrefix.set(key, group);
}
function idsIn(file) {
  const bytes = readFileSync(file);
  const found = new Set();
  for (const { prefix, ids, size } of byPrefix.values()) {
    for (let at = bytes.indexOf(prefix); at !== -1; at = bytes.indexOf(prefix, at + 1)) {
      const id = bytes.subarray(at, at + size).toString("hex");
      if (ids.has(id)) found.add(id);
    }
  }
  return found;
}
const found = new Set(files.flatMap((file) => [...idsIn(file)]));
const matchingCopies = copies.filter((file) => {
  try {
    return idsIn(file).size > 0;
  } catch {
    // Unreadable, or deleted in the meantime.
    return false;
  }
});
process.stdout.write(JSON.stringify({ found: found.size, matchingCopies }));`;

/** Larger files in the folder are not searched. */
const maxCopyBytes = 1024 ** 3;

/** Returns other files in the database folder: possible copies by backup or sync tools. */
function siblingFiles(files: readonly string[]): readonly string[] {
  const [database = ""] = files;
  const databaseFiles = new Set(files);
  return readdirSync(dirname(database), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(dirname(database), name))
    .filter(
      (path) =>
        !databaseFiles.has(path) && (statSync(path, { throwIfNoEntry: false })?.size ?? maxCopyBytes) < maxCopyBytes,
    );
}

/** Numbers of IDs that were searched for and found. */
export interface EraseCheck {
  readonly searched: number;
  readonly found: number;
  /** Other files in the folder with an erased ID; only the user may delete them. */
  readonly copies: readonly string[];
}

/** @throws if the search process fails. */
export function findErasedIds(files: readonly string[], ids: readonly string[]): EraseCheck {
  const existing = files.filter((file) => existsSync(file));
  if (ids.length === 0 || existing.length === 0) return { searched: ids.length, found: 0, copies: [] };
  const { status, stdout } = process
    .getBuiltinModule("node:child_process")
    .spawnSync(process.execPath, ["-e", searcher], {
      input: JSON.stringify({ files: existing, copies: siblingFiles(files), ids }),
      encoding: "utf8",
      // In an editor, execPath is the editor itself.
      env: { ELECTRON_RUN_AS_NODE: "1" },
    });
  if (status !== 0) throw new Error("searching for erased IDs failed");
  const { found, matchingCopies } = JSON.parse(stdout);
  return { searched: ids.length, found, copies: matchingCopies };
}

/** Erased IDs are still in the files. Report it and erase again. */
export class NotErasedError extends Error {
  override readonly name = "NotErasedError";
}
