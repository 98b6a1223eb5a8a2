/** Searches files for planted strings. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The files below `folder` that hold any of `planted`, as paths within it. */
export async function filesHolding(folder: string, planted: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of await filesBelow(folder)) {
    const bytes = await readFile(file, "latin1");
    if (planted.some((text) => bytes.includes(text))) found.push(relative(folder, file));
  }
  return found;
}
