/**
 * One process at a time works in a folder: the embedded engines have no lock of their own, or one that tells little. Held by the system (an
 * exclusive transaction of SQLite, which locks its file), for as long as the process lives, in whichever container.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export class LockedError extends Error {
  override readonly name = "LockedError";
}

/** @returns what gives it back. @throws LockedError while another process holds it. */
export function lockFolder(folder: string): () => void {
  const holder = join(folder, "lock-holder");
  const lock = new DatabaseSync(join(folder, "lock"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!String(error).includes("locked")) throw error;
    throw new LockedError(`Process ${held(holder)} works in ${folder}. End it first, or use another folder.`);
  }
  writeFileSync(holder, String(process.pid), { mode: 0o600 });
  return () => lock.close();
}

/** Who has it, as that process knows itself. */
function held(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "of another kind";
  }
}
