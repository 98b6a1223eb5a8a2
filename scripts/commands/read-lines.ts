/** Reads command lines from a file: one per line, or JSON objects with `line` for those with line breaks. */

import { readFileSync } from "node:fs";

export function readLines(file: string): readonly string[] {
  const rows = readFileSync(file, "utf8").split("\n");
  return rows.map((row) => lineOf(row)).filter((line) => line.trim() !== "");
}

function lineOf(row: string): string {
  if (!row.startsWith('{"')) return row;
  try {
    const { line } = JSON.parse(row) as { line?: unknown };
    return typeof line === "string" ? line : row;
  } catch {
    // A command line that only looks like JSON.
    return row;
  }
}
