/**
 * The upload state: pseudonym, cursor, waits and pauses. The row of the table `sharing` is the
 * source of truth, and all SQL on this table is here; `upload-state.json` (usage aggregation,
 * "Cursor State") is written from the row.
 */

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import * as z from "zod/mini";
import { type Message, verbatim } from "../../../shared/protocol/message.ts";
import { validateMessage } from "../../../shared/protocol/validate-message.ts";
import { replaceFile } from "../../files/atomic-write.ts";
import { Salt } from "../../privacy/identity.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { beginSessions } from "../../store/events/sessions.ts";
import { Pseudonym } from "../wire/project-event.ts";
import { deleteAllBatches } from "./batches.ts";

export interface UploadState {
  readonly database: string;
  readonly pseudonym: Pseudonym;
  readonly cursorId: number;
  readonly cursorTs: number;
  /** Events up to this key go out in schema 1: they were recorded before the user agreed to a larger one. */
  readonly schema1Until: number;
  readonly failures: number;
  readonly waitUntilMs: number;
  /** End of the wait that the server asked for; 0 if none. Milliseconds since 1970. */
  readonly serverWaitMs: number;
  readonly paused: Message | null;
  /** Why recent attempts failed, without a full stop. */
  readonly failure: Message | null;
  readonly syncedMs: number | null;
}

/** Reads a stored message. Versions before 0.9 stored a sentence without its full stop. */
function storedMessage(cell: unknown): Message | null {
  if (typeof cell !== "string") return null;
  try {
    return validateMessage(JSON.parse(cell), "message");
  } catch {
    return verbatim(`${cell.replace(/\.$/, "")}.`);
  }
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
    schema1Until: Number(row["schema_1_until"]),
    failures: Number(row["failures"]),
    waitUntilMs: Number(row["wait_until"]),
    serverWaitMs: Number(row["server_wait"]),
    paused: storedMessage(row["paused"]),
    failure: storedMessage(row["failure"]),
    syncedMs: row["synced_at"] === null ? null : Number(row["synced_at"]),
  };
}

/**
 * Starts sharing under a new pseudonym with the cursor at the end: no existing event is shared.
 * Every source starts a new session, so that nothing links the pseudonym with an earlier one.
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

/** Ends the pseudonym and deletes its pending batches. */
export function endUploadState(connection: Connection): void {
  connection.exec("DELETE FROM sharing");
  deleteAllBatches(connection);
}

/** Ends the upload state if this is its pseudonym. */
export function endPseudonym(connection: Connection, anonUserId: string): void {
  if (readUploadState(connection)?.pseudonym.anonUserId === anonUserId) endUploadState(connection);
}

export function moveCursor(connection: Connection, key: number, tsMs: number): void {
  connection.prepare("UPDATE sharing SET cursor_id = ?, cursor_ts = max(cursor_ts, ?)").run(key, tsMs);
}

/** The user agreed to a larger schema: it applies to the events that are recorded from now on. */
export function keepSchema1ForRecorded(connection: Connection): void {
  connection.exec(
    "UPDATE sharing SET schema_1_until = ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)",
  );
}

/** Records that a batch was accepted: earlier failures no longer count. */
export function saveSuccess(connection: Connection): void {
  connection.exec("UPDATE sharing SET failures = 0, wait_until = 0, server_wait = 0, paused = NULL, failure = NULL");
}

/** Records that a run sent everything it should. */
export function saveSynced(connection: Connection, nowMs: number): void {
  saveSuccess(connection);
  connection.prepare("UPDATE sharing SET synced_at = ?").run(nowMs);
}

export interface Wait {
  /** Consecutive runs that failed. */
  readonly failures: number;
  readonly untilMs: number;
  /** End of the wait that the server asked for; 0 if none. */
  readonly serverUntilMs: number;
  readonly reason: Message;
}

/** Records a wait before the next attempt. */
export function saveWait(connection: Connection, { failures, untilMs, serverUntilMs, reason }: Wait): void {
  connection
    .prepare("UPDATE sharing SET failures = ?, wait_until = ?, server_wait = ?, failure = ?")
    .run(failures, untilMs, serverUntilMs, JSON.stringify(reason));
}

/** Pauses uploading until the user acts. */
export function savePause(connection: Connection, reason: Message): void {
  connection.prepare("UPDATE sharing SET paused = ?, failure = NULL").run(JSON.stringify(reason));
}

/** Ends a pause. */
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

/** Reads the state file: `undefined` if it is missing, `"damaged"` if it is invalid. */
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
