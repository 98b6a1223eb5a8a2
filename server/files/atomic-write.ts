/** Writes a file so that it is there whole or not at all, also after a power failure. */

import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fsyncFolder } from "./fsync.ts";
import { createFlags, makeFolder } from "./ownership.ts";

/** Marks what a crash may have left of the writing of a file. */
export const temporarySuffix = ".unfinished";

/** Writes and syncs a new file; readable only by the user, unless `mode` says otherwise. @throws the file system's error. */
export function writeFileSynced(path: string, content: string | Uint8Array, mode?: number): void {
  const file = openSync(path, createFlags, 0o600);
  try {
    if (mode !== undefined) fchmodSync(file, mode);
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Removes a file with what crashes have left of its writing. @throws the file system's error. */
export function removeWithLeftovers(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name === basename(path) || (name.startsWith(`${basename(path)}.`) && name.endsWith(temporarySuffix)))
      rmSync(join(folder, name), { force: true });
  }
}

/** Replaces or makes a file, with its folder. @throws the file system's error, leaving what was there. */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  makeFolder(dirname(path));
  const unfinished = `${path}.${randomUUID().slice(0, 8)}${temporarySuffix}`;
  try {
    writeFileSynced(unfinished, content, mode);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  fsyncFolder(dirname(path));
}
