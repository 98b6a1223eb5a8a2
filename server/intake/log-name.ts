/** Names of event logs: `NAME.jsonl` while tools append to it, `NAME.<random>.importing` while it is imported. */
import { randomBytes } from "node:crypto";
import { basename } from "node:path";

const suffix = ".jsonl";
const importingPattern = /\.[0-9a-f]{8}\.importing$/;

export const isLog = (name: string): boolean => name.endsWith(suffix);
export const isImporting = (name: string): boolean => importingPattern.test(name);

/** A name that no other process chooses: two that rename at once never replace each other's file. */
export const importingName = (path: string): string => `${path}.${randomBytes(4).toString("hex")}.importing`;

/**
 * What the copies of a log have in common: the name up to a date, a number, or the mark of a synchronized folder. Lines are known by
 * it, so that a rotated or conflicting copy counts nothing twice.
 */
export function logName(path: string): string {
  const name = basename(path)
    .replace(importingPattern, "")
    .replace(/\.jsonl.*$/, "");
  return /^(.+?)(?:\.sync-conflict-|[ ._-]*\(|[ ._-]+conflicted|[ ._-]+\d{4}|[._-]\d{1,3}$|~)/i.exec(name)?.[1] ?? name;
}
