/**
 * The CLI session: ends after 30 minutes without activity or at local midnight. CLI processes share
 * it; other tools do not, because the store assigns its sequence numbers.
 */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { temporarySuffix } from "../server/files/atomic-write.ts";
import { createFlags, makeFolder } from "../server/files/ownership.ts";
import { paths } from "./runtime.ts";

const maxIdleMs = 30 * 60_000;

/** Returns the session ID and extends the session. Call only to record an event. */
export function sessionAt(nowMs: number): string {
  const { session_id: id, ts } = readSession();
  const continues =
    typeof id === "string" &&
    typeof ts === "number" &&
    Math.abs(nowMs - ts) < maxIdleMs &&
    new Date(ts).toDateString() === new Date(nowMs).toDateString();
  const session = continues ? id : randomUUID();
  saveSession({ session_id: session, ts: nowMs });
  return session;
}

function readSession(): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(paths.commandSessionFile, "utf8")));
  } catch {
    // No file, or a truncated one: a new session starts.
    return {};
  }
}

/** Writes the file atomically but without fsync: losing it only splits a session. */
function saveSession(session: object): void {
  const { commandSessionFile: file } = paths;
  const temporary = `${file}.${process.pid}${temporarySuffix}`;
  try {
    makeFolder(dirname(file));
    // A killed process with the same PID may have left it.
    rmSync(temporary, { force: true });
    const handle = openSync(temporary, createFlags, 0o600);
    writeFileSync(handle, JSON.stringify(session));
    closeSync(handle);
    renameSync(temporary, file);
  } catch {
    // Events are recorded without it, in separate sessions.
  }
}
