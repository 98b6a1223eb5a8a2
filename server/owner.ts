/**
 * Files that root makes in another user's home (`sudo` with HOME kept) belong to that user: else the user could neither read nor
 * change them, and every tool of theirs would stop recording without a word.
 */
import { chownSync, fchownSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Returns the owner of a folder, where root acts in another user's folder. */
function ownerOf(folder: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat === undefined || stat.uid === 0 ? undefined : stat;
}

/** Makes a folder and those above it, for the user alone. @throws the file system's error. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const owner = ownerOf(dirname(first));
  if (owner === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) chownSync(made, owner.uid, owner.gid);
}

/** Gives an open file to the owner of its folder. @throws the file system's error. */
export function giveToOwner(file: number, path: string): void {
  const owner = ownerOf(dirname(path));
  if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
}
