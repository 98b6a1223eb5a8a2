/**
 * The session of the command and of what it runs and records: it goes on until half an hour of silence, or another day. Several
 * processes share it; no other tool does, since the store numbers its events.
 */

import { randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { temporarySuffix } from "../server/files/atomic-write.ts";
import { createFlags, makeFolder } from "../server/files/ownership.ts";
import { paths } from "./runtime.ts";

const silenceMs = 30 * 60_000;

/** The session at a moment, which it is noted to go on at. Only to be asked for where something is recorded. */
export function sessionAt(nowMs: number): string {
  const { session_id: id, ts } = kept();
  const goesOn =
    typeof id === "string" &&
    typeof ts === "number" &&
    Math.abs(nowMs - ts) < silenceMs &&
    new Date(ts).toDateString() === new Date(nowMs).toDateString();
  const session = goesOn ? id : randomUUID();
  keep({ session_id: session, ts: nowMs });
  return session;
}

function kept(): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(paths.commandSessionFile, "utf8")));
  } catch {
    // None, or one that was cut short: another session begins.
    return {};
  }
}

/** Whole or not at all, and not synced: what is lost with it is that two sessions were one. */
function keep(session: object): void {
  const { commandSessionFile: file } = paths;
  const unfinished = `${file}.${process.pid}${temporarySuffix}`;
  try {
    makeFolder(dirname(file));
    // Of a process that was killed, whose number this one has.
    rmSync(unfinished, { force: true });
    const handle = openSync(unfinished, createFlags, 0o600);
    writeFileSync(handle, JSON.stringify(session));
    closeSync(handle);
    renameSync(unfinished, file);
  } catch {
    // What is recorded does not depend on it.
  }
}
