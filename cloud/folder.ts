/** The data folder: private to its user, because the embedded engines create files that others can read. */
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { logEvent } from "./logger.ts";

export class FolderError extends Error {
  override readonly name = "FolderError";
}

/** Creates the folder where it is missing, and takes it from others. @throws FolderError if it belongs to another user. */
export function closeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(path);
  const own = process.getuid?.();
  // Where there are no users (Windows), there is nothing to compare.
  if (own === undefined) return;
  if (uid !== own)
    throw new FolderError(`${path} belongs to another user. Make it this user's, or choose another folder (data).`);
  if ((mode & 0o077) === 0) return;
  chmodSync(path, 0o700);
  logEvent({ event: "folder_closed" });
}
