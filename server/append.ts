/** Appends lines to an event log, in one write, so that lines of two processes never mix. Never in the way. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** @returns whether it was written. */
export function append(file: string, events: readonly object[]): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const handle = openSync(file, "a", 0o600);
    try {
      writeSync(handle, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    } finally {
      closeSync(handle);
    }
    return true;
  } catch {
    // A full disk keeps nobody from their work.
    return false;
  }
}
