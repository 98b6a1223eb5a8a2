/** Writes a file so that it is there whole or not at all, also after a power failure. */

import { randomUUID } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { giveToOwner, makeFolder } from "./owner.ts";
import { syncFolder } from "./sync-folder.ts";

/** Marks what a crash may have left of the writing of a file. */
export const unfinishedMark = ".unfinished";

/** Writes and syncs; readable by the user alone, unless `mode` says otherwise. @throws the file system's error. */
export function writeDurably(path: string, content: string | Uint8Array, mode?: number): void {
  const file = openSync(path, "w", 0o600);
  try {
    giveToOwner(file, path);
    if (mode !== undefined) fchmodSync(file, mode);
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Replaces or makes a file, with its folder. @throws the file system's error, leaving what was there. */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  makeFolder(dirname(path));
  const unfinished = `${path}.${randomUUID().slice(0, 8)}${unfinishedMark}`;
  try {
    writeDurably(unfinished, content, mode);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}
