/**
 * The state of sharing: pseudonym, cursor and pauses. The truth is a row of the database; `upload-state.json` (usage
 * aggregation, "Cursor State") is written from it.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import * as z from "zod/mini";
import { replaceFile } from "../../files/atomic-write.ts";
import { Salt } from "../../privacy/identity.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { beginSessions } from "../../store/events/sessions.ts";
import { Pseudonym } from "../wire/project-event.ts";

export interface UploadState {
  readonly database: string;
  readonly pseudonym: Pseudonym;
  readonly cursorId: number;
  readonly cursorTs: number;
  readonly failures: number;
  readonly waitUntilMs: number;
  /** Until when the server asked to be left alone. */
  readonly serverWaitMs: number;
  readonly paused: string | null;
  /** Why the last tries failed, as a sentence without its full stop. */
  readonly failure: string | null;
  readonly syncedMs: number | null;
}

export function readUploadState(connection: Connection): UploadState | undefined {
  const row = connection.prepare("SELECT * FROM sharing").get();
  const salt = Salt.from(row?.["anon_salt"]);
  if (row === undefined || salt === undefined) return undefined;
  return {
    database: String(row["database"]),
    pseudonym: new Pseudonym(String(row["anon_user_id"]), salt, Number(row["begun_id"])),
    cursorId: Number(row["cursor_id"]),
    cursorTs: Number(row["cursor_ts"]),
    failures: Number(row["failures"]),
    waitUntilMs: Number(row["wait_until"]),
    serverWaitMs: Number(row["server_wait"]),
    paused: row["paused"] === null ? null : String(row["paused"]),
    failure: row["failure"] === null ? null : String(row["failure"]),
    syncedMs: row["synced_at"] === null ? null : Number(row["synced_at"]),
  };
}

/**
 * Begins sharing under a new pseudonym, with the cursor at the end: nothing that is there already is shared. Every source begins
 * another session, so that nothing links the pseudonym with one before, or with what happened before it.
 */
export function startUploadState(connection: Connection, anonUserId: string, nowMs: number): void {
  connection
    .prepare(
      `INSERT OR REPLACE INTO sharing (one, database, anon_user_id, anon_salt, since, cursor_id, begun_id, cursor_ts)
       SELECT 1, ?, ?, ?, ?, newest, newest, ?
       FROM (SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) newest)`,
    )
    .run(randomUUID(), anonUserId, Salt.random().reveal(), nowMs, nowMs);
  beginSessions(connection);
}

/** The pseudonym ends, and with it all that waits. */
export function endUploadState(connection: Connection): void {
  connection.exec("DELETE FROM sharing; DELETE FROM batches");
}

export function moveCursor(connection: Connection, key: number, tsMs: number): void {
  connection.prepare("UPDATE sharing SET cursor_id = ?, cursor_ts = max(cursor_ts, ?)").run(key, tsMs);
}

/** A batch was taken: whatever stopped sending before is over. */
export function saveSuccess(connection: Connection): void {
  connection.exec("UPDATE sharing SET failures = 0, wait_until = 0, server_wait = 0, paused = NULL, failure = NULL");
}

/** A run has sent everything it should. */
export function saveSynced(connection: Connection, nowMs: number): void {
  saveSuccess(connection);
  connection.prepare("UPDATE sharing SET synced_at = ?").run(nowMs);
}

export interface Wait {
  /** Runs in a row that failed. */
  readonly failures: number;
  readonly untilMs: number;
  /** Until when the server asked to be left alone; 0 if it did not. */
  readonly serverUntilMs: number;
  readonly reason: string;
}

/** Sending is tried again later. */
export function saveWait(connection: Connection, { failures, untilMs, serverUntilMs, reason }: Wait): void {
  connection
    .prepare("UPDATE sharing SET failures = ?, wait_until = ?, server_wait = ?, failure = ?")
    .run(failures, untilMs, serverUntilMs, reason);
}

/** Sending stops until the user asks. */
export function savePause(connection: Connection, reason: string): void {
  connection.prepare("UPDATE sharing SET paused = ?, failure = NULL").run(reason);
}

/** The user asked: a pause is over. */
export function resume(connection: Connection): void {
  connection.exec("UPDATE sharing SET paused = NULL");
}

const stateFile = z.object({
  cursor_ts: z.int(),
  cursor_id: z.int(),
  anon_id: z.uuidv4(),
  anon_salt: z.string(),
  database: z.string(),
});

/** What the file says, `undefined` where there is none, `"damaged"` where it cannot be understood. */
export function readStateFile(path: string): z.infer<typeof stateFile> | "damaged" | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  try {
    const parsed = stateFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : "damaged";
  } catch {
    return "damaged";
  }
}

/** @throws the file system's error. */
export function writeStateFile(path: string, { database, pseudonym, cursorId, cursorTs }: UploadState): void {
  const { anonUserId, salt } = pseudonym;
  const text = JSON.stringify({
    cursor_ts: cursorTs,
    cursor_id: cursorId,
    anon_id: anonUserId,
    anon_salt: salt.reveal(),
    database,
  });
  replaceFile(path, `${text}\n`);
}

export function removeStateFile(path: string): void {
  rmSync(path, { force: true });
}
