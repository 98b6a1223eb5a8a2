/** Appends lines to an event log, in one write, so that lines of two processes never mix. Never in the way. */

import { closeSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { appendFlags, makeFolder } from "./ownership.ts";

/** Files whose last line was cut by a full disk: the next one begins anew, so that it is not glued to it. */
const torn = new Set<string>();

/** @returns whether it was written whole. */
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
    // A full disk keeps nobody from their work.
    return false;
  }
}
