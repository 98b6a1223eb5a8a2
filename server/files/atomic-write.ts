/** Writes files atomically: complete or not at all, also after a power failure. */

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

/** Suffix of files that a crash left incomplete. */
export const temporarySuffix = ".unfinished";

/** Returns a new name next to `path`, for a file that is renamed to it once it is complete. */
export const temporaryName = (path: string): string => `${path}.${randomUUID().slice(0, 8)}${temporarySuffix}`;

/** Writes and syncs a new file; `mode` defaults to user-only. @throws the file system's error. */
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

/** Deletes a file and its incomplete copies. @throws the file system's error. */
export function removeWithLeftovers(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name === basename(path) || (name.startsWith(`${basename(path)}.`) && name.endsWith(temporarySuffix)))
      rmSync(join(folder, name), { force: true });
  }
}

/** Creates or replaces a file, and its folder. @throws the file system's error; changes nothing */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  makeFolder(dirname(path));
  const temporary = temporaryName(path);
  try {
    writeFileSynced(temporary, content, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  fsyncFolder(dirname(path));
}
