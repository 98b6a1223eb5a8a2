/**
 * Makes the data folder private to its user, because the embedded engines create files that others
 * can read.
 */
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { logEvent } from "./logger.ts";

export class FolderError extends Error {
  override readonly name = "FolderError";
}

/**
 * Creates the folder if it is missing and sets mode 0700.
 * @throws FolderError if it belongs to another user.
 */
export function closeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(path);
  const currentUid = process.getuid?.();
  // Windows has no user IDs.
  if (currentUid === undefined) return;
  if (uid !== currentUid)
    throw new FolderError(`${path} belongs to another user. Change its owner or use another folder (data).`);
  if ((mode & 0o077) === 0) return;
  chmodSync(path, 0o700);
  logEvent({ event: "folder_made_private" });
}
