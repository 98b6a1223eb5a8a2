/** What the product has on this machine, for removing all of it. Changes nothing but what `removeFiles` is given. */
import { lstatSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorCode } from "../../shared/text/error-code.ts";
import type { Paths } from "../config/paths.ts";
import { databaseFiles, quarantinedFiles } from "../store/database.ts";
import { folderNames } from "./folder-names.ts";

/** A line of the user's own that mentions the command. */
export interface OwnLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Files in which users evaluate a completion script, relative to the home folder. */
const startFiles = [
  ".bashrc",
  ".bash_profile",
  ".profile",
  ".zshrc",
  ".zprofile",
  ".config/fish/config.fish",
  ".config/fish/completions/nexus.fish",
  ".zfunc/_nexus",
  ".config/powershell/profile.ps1",
  "Documents/PowerShell/Microsoft.PowerShell_profile.ps1",
] as const;
const completionLine = /\bnexus completion\b|#compdef nexus\b|complete (?:-c|-F \S+|-o \S+ -F \S+) nexus\b/;

/** Lines that users added to their shells' files. They are theirs, so that they are only named. */
export function completionLines(home: string): readonly OwnLine[] {
  return startFiles.flatMap((name) => {
    const file = join(home, name);
    const first = linesOf(file).findIndex((line) => completionLine.test(line));
    return first === -1 ? [] : [{ file, line: first + 1 }];
  });
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    // Missing or not readable: nothing can be said about it.
    return [];
  }
}

/** What the product creates in `state/`: a variable can make that a folder which other programs use too. */
const ownFolders = ["agents", "events", "events-outbox", "usage"];
const ownNames = /^(?:recording\.txt|telemetry\.db(?:-wal|-shm|\.unsound-[\dTZ-]+(?:-wal|-shm)?)?|.*\.unfinished)$/;

/** A database that was set aside, with the time in its name. */
const ownCopy = /\.unsound-[\dTZ-]+(?:-wal|-shm)?$/;

/** Returns the existing files and folders of the product. `database`: at its configured path. */
export function ownFiles(paths: Paths, database: string): readonly string[] {
  const inState = folderNames(paths.stateFolder)
    .filter((name) => ownFolders.includes(name) || ownNames.test(name))
    .map((name) => join(paths.stateFolder, name));
  const moved = [...databaseFiles(database), ...quarantinedFiles(database).filter((file) => ownCopy.test(file))];
  const all = [...new Set([...inState, ...moved, paths.consentFile, paths.configFile])];
  return all.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** A file that could not be removed, and why. */
export interface Remaining {
  readonly file: string;
  readonly reason: string;
}

/** Removes files and folders; a link, not what it leads to. Then the product's folders that are empty. Returns what is left. */
export function removeFiles(files: readonly string[], paths: Paths): readonly Remaining[] {
  const remaining = files.flatMap((file): readonly Remaining[] => {
    try {
      rmSync(file, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      return [];
    } catch (error) {
      return [{ file, reason: errorCode(error) ?? "unknown error" }];
    }
  });
  const outbox = ["rejected", "foreign"].map((name) => join(paths.outboxFolder, name));
  const folders = [...outbox, paths.outboxFolder, paths.stateFolder, paths.home, dirname(paths.consentFile)];
  for (const folder of folders) removeIfEmpty(folder);
  return remaining;
}

/** A link, such as one of a manager of dotfiles, stays. */
function removeIfEmpty(folder: string): void {
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder || folderNames(folder).length > 0) return;
  try {
    rmdirSync(folder);
  } catch {
    // An empty folder of another user, or one that is in use: nothing of ours is in it.
  }
}

/** Returns what other files are left in the product's folders. */
export function foreignFiles(paths: Paths): readonly string[] {
  return [paths.stateFolder, paths.home, dirname(paths.configFile)].flatMap((folder) =>
    folderNames(folder)
      .map((name) => join(folder, name))
      .filter((file) => file !== paths.stateFolder),
  );
}
