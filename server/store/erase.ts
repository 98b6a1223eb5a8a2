/**
 * Erasure: what the user wants gone is deleted, overwritten (`secure_delete`), given back to the file system, and removed
 * from the log; then the bytes of the files are searched for it by another process.
 */
import { randomInt } from "node:crypto";
import { type Connection, immediately, type Row } from "./driver/driver.ts";
import { beginSessions } from "./events/sessions.ts";
import { erasureWatermark, raiseWatermark } from "./low-watermark.ts";
import { localHour } from "./rollups/local-time.ts";
import { RecentRollups } from "./rollups/rollups.ts";
import { setNumber } from "./state.ts";

/** What to erase. */
export type EraseSelection =
  | { readonly by: "all" }
  | { readonly by: "source"; readonly source: string }
  /** Moments, in milliseconds since 1970; `toMs` not included. */
  | { readonly by: "period"; readonly fromMs: number; readonly toMs: number }
  /** The hash under which a workspace is stored. */
  | { readonly by: "workspace"; readonly hash: string };

export interface Erased {
  readonly events: number;
  readonly sessions: number;
}

/** Another process is reading, so that the log still holds what was deleted. To be tried again. */
export class BusyReaderError extends Error {
  override readonly name = "BusyReaderError";
  readonly code = "SQLITE_BUSY";
}

/** Bounds the random number of a purge (`randomInt` takes 48 bits). */
const maxRandomId = 2 ** 47;

/** So many ids are searched for afterwards; of more, these are a sample. */
const maxIds = 20_000;

/** Ids of what will be erased, as bytes in hex, to be searched for afterwards. */
export function idsOf(connection: Connection, selection: EraseSelection): readonly string[] {
  const { where, values } = condition(selection);
  const hex = (row: Row, name: string) => String(row[name]).toLowerCase();
  const events = connection
    .prepare(
      `SELECT hex(e.event_id) id FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE ${where} LIMIT ${maxIds}`,
    )
    .all(...values)
    .map((row) => hex(row, "id"));
  if (selection.by !== "all") return events;
  const sessions = connection.prepare(`SELECT hex(session_id) id FROM sessions LIMIT ${maxIds}`).all();
  return [...events, ...sessions.map((row) => hex(row, "id"))];
}

/** Deletes in one transaction, with what `also` deletes. Whole hours of the rollups go with a period. */
export function eraseRows(
  connection: Connection,
  selection: EraseSelection,
  nowMs: number,
  also: (connection: Connection) => void = () => undefined,
): Erased {
  const { where, values } = condition(selection);
  return immediately(connection, () => {
    const count = (table: string) => Number(connection.prepare(`SELECT count(*) n FROM ${table}`).get()?.["n"]);
    const before = { events: count("events"), sessions: count("sessions") };
    const untilMs = erasureWatermark(connection, nowMs);
    connection
      .prepare(
        `DELETE FROM events WHERE id IN (SELECT e.id FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE ${where})`,
      )
      .run(...values);
    eraseRollups(connection, selection);
    also(connection);
    connection.exec(`
      DELETE FROM streams WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.stream = streams.id);
      DELETE FROM sessions WHERE session_id NOT LIKE 'expired-%'
        AND NOT EXISTS (SELECT 1 FROM streams t WHERE t.session = sessions.id);
      DELETE FROM dimensions WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.dimensions = dimensions.id)
        AND NOT EXISTS (SELECT 1 FROM metrics m WHERE m.dimensions = dimensions.id);
      UPDATE state SET value = value + 1 WHERE name = 'erasures';
    `);
    if (selection.by === "all") beginAgain(connection);
    addTombstone(connection, selection, untilMs);
    return { events: before.events - count("events"), sessions: before.sessions - count("sessions") };
  });
}

/** Sessions that go on get other ids from now on, and counts of what went wrong begin again. */
function beginAgain(connection: Connection): void {
  // With the names of logs and the digests of their lines.
  connection.exec("DELETE FROM sessions; DELETE FROM imports");
  beginSessions(connection);
  setNumber(connection, "purge_mark", randomInt(1, maxRandomId));
  for (const name of ["below_watermark", "limit_events", "limit_bodies", "limit_at"] as const)
    setNumber(connection, name, 0);
}

/** What was erased must not come in again, from a queue or a log that still holds it. */
function addTombstone(connection: Connection, selection: EraseSelection, untilMs: number): void {
  if (selection.by === "all") {
    connection.exec("DELETE FROM erased");
    raiseWatermark(connection, untilMs);
    return;
  }
  const value = selection.by === "source" ? selection.source : selection.by === "workspace" ? selection.hash : "";
  const [from, to] = selection.by === "period" ? [selection.fromMs, selection.toMs] : [0, untilMs];
  connection.prepare("INSERT INTO erased VALUES (?, ?, ?, ?)").run(selection.by, value, from, to);
}

function eraseRollups(connection: Connection, selection: EraseSelection): void {
  new RecentRollups(connection).flush();
  if (selection.by === "period") {
    // Offsets reach from 14 hours behind to 14 ahead: every hour of the wall clock that may hold a moment of it.
    const from = localHour(selection.fromMs, -14 * 60);
    const to = localHour(selection.toMs - 1, 14 * 60);
    connection.prepare("DELETE FROM metrics WHERE grain = 0 AND bucket BETWEEN ? AND ?").run(from, to);
  } else {
    const { where, values } = condition(selection);
    connection
      .prepare(`DELETE FROM metrics WHERE dimensions IN (SELECT d.id FROM dimensions d WHERE ${where})`)
      .run(...values);
  }
  // Days and months are made anew from the hours that are left.
  connection.exec("DELETE FROM metrics WHERE grain > 0; UPDATE state SET value = 0 WHERE name = 'closed_day'");
}

function condition(selection: EraseSelection): {
  readonly where: string;
  readonly values: readonly (string | number)[];
} {
  switch (selection.by) {
    case "all":
      return { where: "1", values: [] };
    case "source":
      return { where: "d.source = ?", values: [selection.source] };
    case "workspace":
      return { where: "d.workspace_hash = ?", values: [selection.hash] };
    case "period":
      return { where: "e.ts >= ? AND e.ts < ?", values: [selection.fromMs, selection.toMs] };
  }
}

/** Gives the pages back, and empties the log. @throws BusyReaderError */
export function scrub(connection: Connection): void {
  connection.exec("PRAGMA incremental_vacuum");
  const checkpoint = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (checkpoint?.["busy"] !== 0) throw new BusyReaderError("another process is reading");
}
