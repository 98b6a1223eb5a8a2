/**
 * Erasure: rows are deleted, overwritten (`secure_delete`), their pages returned to the file
 * system, and the WAL truncated. Afterwards `erase-check.ts` searches the files in another process.
 */
import { randomInt } from "node:crypto";
import type { EventTypeName } from "../../shared/schema/events.ts";
import type { Source } from "../../shared/schema/sources.ts";
import { historyShells } from "../../shared/vocabulary/history-names.ts";
import { dimensionsOf } from "./columns.ts";
import { type Connection, immediately, type Row, type SqlValue } from "./driver/driver.ts";
import { beginSessions } from "./events/sessions.ts";
import { countedAs, isOwnCommandEvent } from "./events/write.ts";
import { erasureWatermark, raiseWatermark } from "./low-watermark.ts";
import { startOfHour } from "./rollups/local-time.ts";
import { eraseDays, RecentRollups } from "./rollups/rollups.ts";
import { setNumber } from "./state.ts";

/** Days of the user's calendar, counted since 1970; `toDay` is exclusive. */
export interface Days {
  readonly fromDay: number;
  readonly toDay: number;
}

export type EraseSelection =
  | { readonly by: "all" }
  | { readonly by: "period"; readonly days: Days }
  | { readonly by: "source"; readonly source: string; readonly days?: Days | undefined }
  /** An import: the row of the table `origins`. */
  | { readonly by: "origin"; readonly id: number; readonly days?: undefined }
  /** The stored hash of the workspace. */
  | { readonly by: "workspace"; readonly hash: string; readonly days?: Days | undefined };

export interface Erased {
  readonly events: number;
  readonly sessions: number;
}

/** What an erasure would delete. */
export interface ErasePlan extends Erased {
  /** Rows of totals: hours, days and months. */
  readonly totals: number;
  /** Share of the database file, as an estimate. */
  readonly bytes: number;
}

/** The WAL still contains deleted rows because another process is reading. Retry later. */
export class BusyReaderError extends Error {
  override readonly name = "BusyReaderError";
  readonly code = "SQLITE_BUSY";
}

/** Bounds the random number of a purge (`randomInt` takes 48 bits). */
const maxRandomId = 2 ** 47;

/** Limits the IDs that are searched for afterwards; with more, the check is a sample. */
const maxIds = 20_000;

const selectedEvents = (where: string): string =>
  `FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE ${where}`;

/** The same with the streams `t`, which name the sessions. */
const selectedWithStreams = (where: string): string =>
  `FROM events e JOIN dimensions d ON d.id = e.dimensions JOIN streams t ON t.id = e.stream WHERE ${where}`;

/** Returns the IDs of rows that will be erased, as bytes in hex, for the check afterwards. */
export function idsOf(connection: Connection, selection: EraseSelection): readonly string[] {
  const { where, values } = eventCondition(selection);
  const hex = (row: Row, name: string) => String(row[name]).toLowerCase();
  const events = connection
    .prepare(`SELECT hex(e.event_id) id ${selectedEvents(where)} LIMIT ${maxIds}`)
    .all(...values)
    .map((row) => hex(row, "id"));
  if (selection.by === "origin") {
    const digests = connection.prepare(`SELECT hex(digest) id FROM imported WHERE origin = ? LIMIT ${maxIds}`);
    return [...events, ...digests.all(selection.id).map((row) => hex(row, "id"))];
  }
  if (selection.by !== "all") return events;
  const sessions = connection.prepare(`SELECT hex(session_id) id FROM sessions LIMIT ${maxIds}`).all();
  return [...events, ...sessions.map((row) => hex(row, "id"))];
}

/** Counts what would be erased. `sizeBytes`: of the database file. */
export function planErasure(connection: Connection, selection: EraseSelection, sizeBytes: number): ErasePlan {
  const number = (sql: string, values: readonly SqlValue[] = []) =>
    Number(connection.prepare(sql).get(...values)?.["n"] ?? 0);
  const { where, values } = eventCondition(selection);
  const events = number(`SELECT count(*) n ${selectedEvents(where)}`, values);
  const { where: whereTotals, values: totalValues } = totalCondition(selection);
  const totals = number(
    `SELECT count(*) n FROM rollups m JOIN dimensions d ON d.id = m.dimensions WHERE ${whereTotals}`,
    totalValues,
  );
  const sessionsOfEvents = number(`SELECT count(DISTINCT t.session) n ${selectedWithStreams(where)}`, values);
  const expired = selection.by === "period" ? expiredSessions(selection.days) : undefined;
  const sessions =
    sessionsOfEvents +
    (expired === undefined ? 0 : number(`SELECT count(*) n FROM sessions WHERE ${expired.where}`, expired.values));
  const rows = number("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM rollups) n");
  return { events, sessions, totals, bytes: rows === 0 ? 0 : Math.round((sizeBytes * (events + totals)) / rows) };
}

/** Deletes in one transaction with `also`. Totals are deleted by whole days. */
export function eraseRows(
  connection: Connection,
  selection: EraseSelection,
  nowMs: number,
  also: (connection: Connection) => void = () => undefined,
): Erased {
  const { where, values } = eventCondition(selection);
  return immediately(connection, () => {
    const count = (table: string) => Number(connection.prepare(`SELECT count(*) n FROM ${table}`).get()?.["n"]);
    const before = { events: count("events"), sessions: count("sessions") };
    const untilMs = erasureWatermark(connection, nowMs);
    if (selection.by === "origin") {
      connection.prepare("DELETE FROM sessions WHERE origin = ? AND session_id LIKE 'expired-%'").run(selection.id);
      connection.prepare("DELETE FROM origins WHERE id = ?").run(selection.id);
    } else if (selection.by !== "all") reduceSessions(connection, selection);
    eraseDigests(connection, selection);
    connection.prepare(`DELETE FROM events WHERE id IN (SELECT e.id ${selectedEvents(where)})`).run(...values);
    eraseTotals(connection, selection);
    also(connection);
    connection.exec(`
      DELETE FROM streams WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.stream = streams.id);
      DELETE FROM sessions WHERE session_id NOT LIKE 'expired-%'
        AND NOT EXISTS (SELECT 1 FROM streams t WHERE t.session = sessions.id);
      DELETE FROM dimensions WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.dimensions = dimensions.id)
        AND NOT EXISTS (SELECT 1 FROM metrics m WHERE m.dimensions = dimensions.id);
      UPDATE state SET value = value + 1 WHERE name = 'erasures';
    `);
    if (selection.by === "all") {
      resetState(connection);
      setNumber(connection, "purged_until", untilMs);
    }
    if (selection.by === "period") {
      const { where: whereExpired, values: days } = expiredSessions(selection.days);
      connection.prepare(`DELETE FROM sessions WHERE ${whereExpired}`).run(...days);
    }
    // The user means everything of these days, also what waits in a queue or an event log.
    addTombstone(connection, selection, selection.by !== "all" && selection.days !== undefined ? nowMs : untilMs);
    return { events: before.events - count("events"), sessions: before.sessions - count("sessions") };
  });
}

/** Forgets what was imported from agents' files, so that the same can be imported again. */
function eraseDigests(connection: Connection, selection: EraseSelection): void {
  const remove = (where: string, ...values: readonly SqlValue[]) =>
    connection.prepare(`DELETE FROM imported WHERE ${where}`).run(...values);
  if (selection.by === "all") remove("true");
  else if (selection.by === "origin") remove("origin = ?", selection.id);
  else if (selection.by === "period" || selection.by === "source") {
    const { fromDay = 0, toDay = Number.MAX_SAFE_INTEGER } = selection.days ?? {};
    const origins = selection.by === "period" ? "" : originsOf(selection.source);
    if (origins !== undefined) remove(`day >= ? AND day < ?${origins}`, fromDay, toDay);
  }
}

/** A condition on the digests of a source; `undefined` for one that has none. */
function originsOf(source: string): string | undefined {
  const shells = `(SELECT id FROM origins WHERE agent IN (${historyShells.map((name) => `'${name}'`).join(", ")}))`;
  if (source === "shell_history") return ` AND origin IN ${shells}`;
  return source === "agent_history" ? ` AND origin NOT IN ${shells}` : undefined;
}

/** Gives continuing sessions new IDs and resets the counters. */
function resetState(connection: Connection): void {
  // imports contains names of event logs and digests of their lines.
  connection.exec("DELETE FROM sessions; DELETE FROM imports; DELETE FROM origins");
  beginSessions(connection);
  setNumber(connection, "purge_mark", randomInt(1, maxRandomId));
  for (const name of ["below_watermark", "limit_events", "limit_bodies", "limit_at"] as const)
    setNumber(connection, name, 0);
}

const counterColumns = {
  commands: "commands_executed",
  workspaces: "workspaces_created",
  tasks: "tasks_completed",
  errors: "errors_encountered",
} as const;

/** Takes the events that are about to be erased out of the counts and the span of their sessions. */
function reduceSessions(connection: Connection, selection: EraseSelection): void {
  const { where, values } = eventCondition(selection);
  const from = selectedWithStreams(where);
  const dimensions = connection.prepare("SELECT * FROM dimensions WHERE id = ?");
  const groups = connection.prepare(`SELECT t.session, e.dimensions, count(*) n ${from} GROUP BY 1, 2`).all(...values);
  for (const { session = null, dimensions: key = null, n = 0 } of groups) {
    const row = dimensions.get(key) ?? {};
    const type = row["event_type"] as EventTypeName;
    const event = { type, source: row["source"] as Source, payload: dimensionsOf(row) };
    const counted = isOwnCommandEvent(event) ? undefined : countedAs(event);
    if (counted === undefined) continue;
    const column = counterColumns[counted];
    connection.prepare(`UPDATE sessions SET ${column} = max(0, ${column} - ?) WHERE id = ?`).run(n, session);
  }
  const spans = connection
    .prepare(`SELECT t.session, min(e.ts) first, max(e.ts) last ${from} GROUP BY 1`)
    .all(...values);
  const rest = connection.prepare(
    `SELECT min(e.ts) first, max(e.ts) last ${selectedWithStreams(`t.session = ? AND NOT (${where})`)}`,
  );
  const shorten = connection.prepare(
    `UPDATE sessions SET started_at = CASE WHEN started_at >= ? THEN ? ELSE started_at END,
       ended_at = CASE WHEN ended_at <= ? THEN ? ELSE ended_at END WHERE id = ?`,
  );
  for (const { session = null, first = null, last = null } of spans) {
    const { first: restFirst = null, last: restLast = null } = rest.get(session, ...values) ?? {};
    // The row is deleted if nothing is left of it.
    if (restFirst !== null && restLast !== null) shorten.run(first, restFirst, last, restLast, session);
  }
}

/** Rows of sessions whose events expired have only their times. */
const expiredSessions = ({ fromDay, toDay }: Days): Condition => ({
  where: "session_id LIKE 'expired-%' AND started_at >= ? AND started_at < ?",
  values: [startOfHour(fromDay * 24), startOfHour(toDay * 24)],
});

/** Prevents erased events from being imported again from a queue or an event log. */
function addTombstone(connection: Connection, selection: EraseSelection, untilMs: number): void {
  if (selection.by === "all") {
    connection.exec("DELETE FROM erased");
    raiseWatermark(connection, untilMs);
    return;
  }
  // Undone on purpose: the same file can be imported again.
  if (selection.by === "origin") return;
  const value = selection.by === "source" ? selection.source : selection.by === "workspace" ? selection.hash : "";
  const { fromDay = null, toDay = null } = selection.days ?? {};
  connection
    .prepare("INSERT INTO erased (by, value, from_ts, to_ts, from_day, to_day) VALUES (?, ?, 0, ?, ?, ?)")
    .run(selection.by, value, untilMs, fromDay, toDay);
}

function eraseTotals(connection: Connection, selection: EraseSelection): void {
  new RecentRollups(connection).flush();
  const { where, values } = dimensionCondition(selection);
  const days = selection.by === "all" ? undefined : selection.days;
  if (days !== undefined) eraseDays(connection, days, where, values);
  else
    connection
      .prepare(`DELETE FROM metrics WHERE dimensions IN (SELECT d.id FROM dimensions d WHERE ${where})`)
      .run(...values);
}

interface Condition {
  readonly where: string;
  readonly values: readonly SqlValue[];
}

/** A condition on `d`, the dimensions. */
function dimensionCondition(selection: EraseSelection): Condition {
  switch (selection.by) {
    case "source":
      return { where: "d.source = ?", values: [selection.source] };
    case "workspace":
      return { where: "d.workspace_hash = ?", values: [selection.hash] };
    case "origin":
      return { where: "d.origin = ?", values: [selection.id] };
    default:
      return { where: "1", values: [] };
  }
}

/** The day of an event `e` in the user's calendar. */
const localDay = "(e.ts + e.utc_offset_min * 60000) / 86400000";

/** A condition on the events `e` and their dimensions `d`. */
function eventCondition(selection: EraseSelection): Condition {
  const { where, values } = dimensionCondition(selection);
  if (selection.by === "all" || selection.days === undefined) return { where, values };
  const { fromDay, toDay } = selection.days;
  return { where: `${where} AND ${localDay} >= ? AND ${localDay} < ?`, values: [...values, fromDay, toDay] };
}

/** A condition on the rollups `m` and their dimensions `d`; months are counted only as a whole. */
function totalCondition(selection: EraseSelection): Condition {
  const { where, values } = dimensionCondition(selection);
  if (selection.by === "all" || selection.days === undefined) return { where, values };
  const { fromDay, toDay } = selection.days;
  return {
    where: `${where} AND (m.grain = 0 AND m.bucket >= ? AND m.bucket < ? OR m.grain = 1 AND m.bucket >= ? AND m.bucket < ?)`,
    values: [...values, fromDay * 24, toDay * 24, fromDay, toDay],
  };
}

/**
 * Returns free pages to the file system and truncates the WAL. After an erasure of a part, the file is rebuilt: pages that keep
 * other rows may still have copies of erased ones in their unused space, from when SQLite balanced them.
 * @throws BusyReaderError
 */
export function scrub(connection: Connection, selection: EraseSelection): void {
  connection.exec(selection.by === "all" ? "PRAGMA incremental_vacuum" : "VACUUM");
  const checkpoint = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (checkpoint?.["busy"] !== 0) throw new BusyReaderError("another process is reading");
}
