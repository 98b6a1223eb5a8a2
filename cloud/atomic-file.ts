/** Replaces a file as a whole: after a crash it is the old one or the new one. */
import { existsSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Readable by this user alone. @throws the file system's error; then the file is as it was. */
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

/** What such a file says as JSON; `undefined` where there is none. @throws Error where it is damaged: which, and what to do. */
export function readJsonFile(path: string, advice = "Restore it from a copy; nothing was changed."): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Error(`${path} is damaged. ${advice}`);
  }
}

/** Which names a folder has is on the disk after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
