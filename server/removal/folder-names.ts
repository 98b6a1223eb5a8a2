import { readdirSync } from "node:fs";

/** Returns the names in a folder; none if it does not exist or cannot be read. */
export function folderNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing of ours can be found there.
    return [];
  }
}
