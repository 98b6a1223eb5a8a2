/** What the product has on this machine, for removing all of it. Changes nothing but what `removeFiles` is given. */
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Paths } from "../config/paths.ts";
import { databaseFiles, quarantinedFiles } from "../store/database.ts";

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

/** Returns the existing files and folders of the product, outermost ones only. `database`: at its configured path. */
export function ownFiles(paths: Paths, database: string): readonly string[] {
  const inFolder = (file: string) => file.startsWith(join(paths.stateFolder, "/"));
  const all = [
    paths.stateFolder,
    ...[...databaseFiles(database), ...quarantinedFiles(database)].filter((file) => !inFolder(file)),
    ...(inFolder(paths.outboxFolder) ? [] : [paths.outboxFolder]),
    paths.consentFile,
    paths.configFile,
  ];
  return all.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

/**
 * Removes files and folders, and what they leave empty of the product's own folders. A link is removed, not what it leads to.
 * @throws the file system's error.
 */
export function removeFiles(files: readonly string[], paths: Paths): void {
  for (const file of files) rmSync(file, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  for (const folder of [paths.home, dirname(paths.consentFile), dirname(paths.configFile)]) removeIfEmpty(folder);
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Returns what other files are left in the product's folders. */
export function foreignFiles(paths: Paths): readonly string[] {
  return [paths.home, dirname(paths.configFile)]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
}
