/** Replaces files atomically: after a crash the file is either the old or the new one. */
import { existsSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file with mode 0600.
 * @throws the file system's error; the old file is unchanged then.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

/**
 * Reads a JSON file; `undefined` if it does not exist.
 * @throws Error with `advice` if it is damaged.
 */
export function readJsonFile(path: string, advice = "Restore it from a backup. Nothing was changed."): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Error(`${path} is damaged. ${advice}`);
  }
}

/** Makes created, renamed and deleted names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
