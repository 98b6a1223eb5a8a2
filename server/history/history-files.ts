/** The files of an agent's history: regular files of this user below its folders. No link is followed. */
import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../shared/text/error-code.ts";

/** Deeper folders are not looked at, nor more files. */
const maxDepth = 12;
export const maxFiles = 200_000;

export interface HistoryFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface Unreadable {
  readonly path: string;
  /** The system's code, such as EACCES. */
  readonly reason: string;
}

export interface HistoryFiles {
  /** Newest first. */
  readonly files: readonly HistoryFile[];
  readonly unreadable: readonly Unreadable[];
  /** Whether there are more than `maxFiles`. */
  readonly isCut: boolean;
}

/** Which files are read, by the path below a root, with `/` between folders. */
export interface Wanted {
  readonly isWanted: (path: string) => boolean;
  /** Folders that are looked into; without it all. */
  readonly isEntered?: (path: string) => boolean;
}

/** A missing root has no files. */
export function historyFiles(roots: readonly string[], { isWanted, isEntered }: Wanted): HistoryFiles {
  const files: HistoryFile[] = [];
  const unreadable: Unreadable[] = [];
  let isCut = false;
  const visit = (folder: string, below: string, depth: number): void => {
    let entries: readonly Dirent[];
    try {
      // A root may be a link that the user made; what is below it may not.
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      const reason = reasonOf(error);
      if (depth > 0 || (reason !== "ENOENT" && reason !== "ENOTDIR")) unreadable.push({ path: folder, reason });
      return;
    }
    for (const entry of entries) {
      const [path, inner] = [join(folder, entry.name), below === "" ? entry.name : `${below}/${entry.name}`];
      if (entry.isDirectory() && depth < maxDepth && (isEntered?.(inner) ?? true)) visit(path, inner, depth + 1);
      if (!entry.isFile() || !isWanted(inner)) continue;
      if (files.length === maxFiles) {
        isCut = true;
        return;
      }
      try {
        const { size, mtimeMs } = lstatSync(path);
        files.push({ path, bytes: size, modifiedMs: mtimeMs });
      } catch (error) {
        unreadable.push({ path, reason: reasonOf(error) });
      }
    }
  };
  for (const root of new Set(roots)) visit(root, "", 0);
  return { files: files.sort((a, b) => b.modifiedMs - a.modifiedMs), unreadable, isCut };
}

/** The code of a file system's error, or its message. */
export const reasonOf = (error: unknown): string =>
  errorCode(error) ?? (error instanceof Error ? error.message : "unknown error");
