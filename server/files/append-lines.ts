/**
 * Appends lines to an event log in one write, so that lines of two processes never interleave.
 * Never throws: the caller's work is more important than its event.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { appendFlags, makeFolder } from "./ownership.ts";

/** Files with a last line truncated by a full disk; the next write starts with a line break. */
const torn = new Set<string>();

/** Returns whether all bytes were written. */
export function appendLines(file: string, events: readonly object[]): boolean {
  try {
    makeFolder(dirname(file));
    const handle = openSync(file, appendFlags, 0o600);
    try {
      const text = Buffer.from(
        (torn.has(file) ? "\n" : "") + events.map((event) => `${JSON.stringify(event)}\n`).join(""),
      );
      const written = writeSync(handle, text);
      if (written === text.length) torn.delete(file);
      else if (written > 0) torn.add(file);
      return written === text.length;
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}
