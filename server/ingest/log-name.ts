/**
 * Names of event logs: `NAME.jsonl` while tools append to it, `NAME.<random>.importing` while it is
 * imported.
 */
import { randomBytes } from "node:crypto";
import { basename } from "node:path";

const suffix = ".jsonl";
const importingPattern = /\.[0-9a-f]{8}\.importing$/;

export const isLog = (name: string): boolean => name.endsWith(suffix);
export const isImporting = (name: string): boolean => importingPattern.test(name);

/**
 * Returns a random name, so that two processes renaming at the same time never replace each other's
 * file.
 */
export const importingName = (path: string): string => `${path}.${randomBytes(4).toString("hex")}.importing`;

/**
 * Name patterns of copies from file managers, log rotation, synchronised folders, editors and
 * people.
 */
const copyMarks = [
  /^(?:copy of|backup of)\s+/i,
  /[ ._-]*\(.*$/,
  /\.sync-conflict-.*$/i,
  /[ ._-]+conflict.*$/i,
  /[ ._-]+(?:copy|old|orig|bak|backup|save|saved)(?:[ ._-]*\d+)?$/i,
  /[ ._-]+\d{4}.*$/,
  /[ ._-]\d{1,3}$/,
  // OneDrive adds the name of the computer.
  /-[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*$/,
  /~\d*$/,
];

/**
 * Returns the name of a log without copy suffixes. It is part of the lines' identity, so that a
 * rotated or conflicting copy is not counted twice.
 */
export function logName(path: string): string {
  let name = basename(path)
    .replace(importingPattern, "")
    .replace(/\.jsonl.*$/, "");
  for (let before = ""; before !== name; ) {
    before = name;
    for (const mark of copyMarks) name = name.replace(mark, "") || name;
    name = name.trim();
  }
  return name;
}
