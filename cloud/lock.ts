/**
 * Allows one process at a time in a data folder. The embedded engines do not lock it reliably.
 * An exclusive SQLite transaction locks a file until the process ends, also across containers.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export class LockedError extends Error {
  override readonly name = "LockedError";
}

/**
 * Locks the folder and returns the function that unlocks it.
 * @throws LockedError if another process has it.
 */
export function lockFolder(folder: string): () => void {
  const holder = join(folder, "lock-holder");
  const lock = new DatabaseSync(join(folder, "lock"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!String(error).includes("locked")) throw error;
    throw new LockedError(`${folder} is in use by ${holderText(holder)}. Stop it or use another folder.`);
  }
  writeFileSync(holder, String(process.pid), { mode: 0o600 });
  return () => lock.close();
}

/** The process ID is that of the holder's own namespace: a container may show another one. */
function holderText(path: string): string {
  try {
    return `process ${readFileSync(path, "utf8")}`;
  } catch {
    return "another process";
  }
}
