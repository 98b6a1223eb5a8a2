/** Searches files for planted strings. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Returns the relative paths of files in `folder` that contain any of the strings in `planted`. */
export async function filesContaining(folder: string, planted: readonly string[]): Promise<readonly string[]> {
  const matches: string[] = [];
  for (const file of await filesBelow(folder)) {
    const bytes = await readFile(file, "latin1");
    if (planted.some((text) => bytes.includes(text))) matches.push(relative(folder, file));
  }
  return matches;
}
