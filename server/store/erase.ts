/**
 * Erasure: rows are deleted, overwritten (`secure_delete`), their pages returned to the file
 * system, and the WAL truncated. Afterwards `erase-check.ts` searches the files in another process.
 */
import { randomInt } from "node:crypto";
import { type Connection, immediately, type Row } from "./driver/driver.ts";
import { beginSessions } from "./events/sessions.ts";
import { erasureWatermark, raiseWatermark } from "./low-watermark.ts";
import { localHour } from "./rollups/local-time.ts";
import { RecentRollups } from "./rollups/rollups.ts";
import { setNumber } from "./state.ts";

export type EraseSelection =
  | { readonly by: "all" }
  | { readonly by: "source"; readonly source: string }
  /** Milliseconds since 1970; `toMs` is exclusive. */
  | { readonly by: "period"; readonly fromMs: number; readonly toMs: number }
  /** The stored hash of the workspace. */
  | { readonly by: "workspace"; readonly hash: string };

export interface Erased {
  readonly events: number;
  readonly sessions: number;
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

/** Returns the IDs of rows that will be erased, as bytes in hex, for the check afterwards. */
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

/** Deletes in one transaction with `also`. A period deletes whole hours of rollups. */
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
    if (selection.by === "all") resetState(connection);
    addTombstone(connection, selection, untilMs);
    return { events: before.events - count("events"), sessions: before.sessions - count("sessions") };
  });
}

/** Gives continuing sessions new IDs and resets the counters. */
function resetState(connection: Connection): void {
  // imports contains names of event logs and digests of their lines.
  connection.exec("DELETE FROM sessions; DELETE FROM imports");
  beginSessions(connection);
  setNumber(connection, "purge_mark", randomInt(1, maxRandomId));
  for (const name of ["below_watermark", "limit_events", "limit_bodies", "limit_at"] as const)
    setNumber(connection, name, 0);
}

/** Prevents erased events from being imported again from a queue or an event log. */
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
    // UTC offsets range from -14 to +14 hours: delete every local hour that may overlap the period.
    const from = localHour(selection.fromMs, -14 * 60);
    const to = localHour(selection.toMs - 1, 14 * 60);
    connection.prepare("DELETE FROM metrics WHERE grain = 0 AND bucket BETWEEN ? AND ?").run(from, to);
  } else {
    const { where, values } = condition(selection);
    connection
      .prepare(`DELETE FROM metrics WHERE dimensions IN (SELECT d.id FROM dimensions d WHERE ${where})`)
      .run(...values);
  }
  // Recompute days and months from the remaining hours.
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

/** Returns free pages to the file system and truncates the WAL. @throws BusyReaderError */
export function scrub(connection: Connection): void {
  connection.exec("PRAGMA incremental_vacuum");
  const checkpoint = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (checkpoint?.["busy"] !== 0) throw new BusyReaderError("another process is reading");
}
