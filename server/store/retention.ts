/**
 * Data retention: events are kept for so many days and so many bytes; the oldest go first, in steps that hold the lock shortly.
 * What they add up to stays in the rollups, and a session's row stays without its id.
 *
 * Nothing expires by a clock that may be wrong. A clock that has jumped is believed once it has gone on for a day; until then the
 * clock of the run before counts, which has gone on since.
 */
import { type Connection, immediately, type Row } from "./driver/driver.ts";
import { newestEventMs, raiseWatermark } from "./low-watermark.ts";
import { addTo, readNumber, setNumber } from "./state.ts";

/** The user's limits: `retention_days` and `max_db_size_mb` of the configuration. */
export interface Limits {
  readonly retentionDays: number;
  readonly maxBytes: number;
  /** `ledger_body_days`: how long the bodies in the ledger are kept; `undefined`: until a purge, or the size limit. */
  readonly ledgerBodyDays: number | undefined;
}

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** The clock changed by more than this between two runs of maintenance, or an event is further ahead of it: it may be wrong. */
const toleranceMs = 2 * dayMs;
/** A clock that has jumped is believed after so long. */
const confirmationMs = dayMs;
/** A clock that is put back by so little has not jumped. */
const backwardMs = hourMs;
/** Events expire by a clock that is so much older: worth a word in the status. */
const worthSayingMs = 7 * dayMs;

/** Rows looked at in one step: some milliseconds. */
const rowsPerWindow = 20_000;
/** Pages given back to the file system in one step. */
const pagesPerStep = 128;

/** Notes that maintenance begins, and decides by which time things expire. To be called in a transaction. */
export function recordRun(connection: Connection, nowMs: number): void {
  const lastMs = readNumber(connection, "maintenance_at");
  const jumpedMs = readNumber(connection, "clock_jumped_at");
  const trust = (trustedMs: number, sinceMs: number) => {
    setNumber(connection, "trusted_at", trustedMs);
    setNumber(connection, "clock_jumped_at", sinceMs);
  };
  // A clock that went on for a day since it jumped is believed, and was right at the last run.
  const isConfirmed = jumpedMs === 0 || nowMs >= jumpedMs + confirmationMs;
  if (lastMs === 0) trust(nowMs, 0);
  else if (nowMs < lastMs - backwardMs) trust(Math.min(readNumber(connection, "trusted_at"), nowMs), nowMs);
  else if (nowMs > lastMs + toleranceMs) {
    if (isConfirmed) trust(lastMs, nowMs);
  } else if (isConfirmed) trust(nowMs, 0);
  setNumber(connection, "maintenance_at", nowMs);
}

/** The time by which things expire, in milliseconds since 1970; it may lie before that of the clock. */
export function trustedMs(connection: Connection, nowMs: number): number {
  return Math.min(nowMs, readNumber(connection, "trusted_at"));
}

/** Why events do not expire by the clock at present. */
export type RetentionHold = "event_ahead" | "clock_jumped";

/** `undefined` where they do. */
export function retentionHold(connection: Connection, nowMs: number): RetentionHold | undefined {
  if (isEventAhead(connection, nowMs)) return "event_ahead";
  return trustedMs(connection, nowMs) < nowMs - worthSayingMs && readNumber(connection, "maintenance_at") > 0
    ? "clock_jumped"
    : undefined;
}

/** Whether an event is so far ahead of the clock that one of the two is wrong: then no event is deleted. */
export function isEventAhead(connection: Connection, nowMs: number): boolean {
  return (newestEventMs(connection) ?? 0) > nowMs + toleranceMs;
}

export interface Expired {
  /** The first key that was not looked at yet; `undefined` at the end. */
  readonly next: number | undefined;
  readonly events: number;
  readonly oldestMs: number;
}

/** Deletes up to `maxRows` events from before `beforeMs`, among the next rows from a key on. */
export function expireByAge(connection: Connection, beforeMs: number, from: number, maxRows: number): Expired {
  // Found without a lock: a reader blocks nobody.
  const end = from + rowsPerWindow;
  const rows = connection
    .prepare("SELECT id, ts, stream FROM events WHERE id >= ? AND id < ? AND ts < ? ORDER BY id LIMIT ?")
    .all(from, end, beforeMs, maxRows);
  remove(connection, rows, beforeMs);
  const oldestMs = Math.min(Number.POSITIVE_INFINITY, ...rows.map(({ ts }) => Number(ts)));
  const isFull = rows.length === maxRows;
  const after = isFull ? Number(rows.at(-1)?.["id"]) + 1 : nextKey(connection, end);
  return { next: after, events: rows.length, oldestMs };
}

/** The first key from a key on; keys have gaps. */
function nextKey(connection: Connection, from: number): number | undefined {
  const key = connection.prepare("SELECT min(id) id FROM events WHERE id >= ?").get(from)?.["id"];
  return typeof key === "number" ? key : undefined;
}

const samples = 500;

/** The moment before which about this part of the events happened, in milliseconds since 1970. Judged by a sample. */
export function momentBefore(connection: Connection, part: number): number {
  const ends = connection.prepare("SELECT min(id) first, max(id) last FROM events").get();
  const [first, last] = [Number(ends?.["first"] ?? 0), Number(ends?.["last"] ?? 0)];
  const next = connection.prepare("SELECT ts FROM events WHERE id >= ? ORDER BY id LIMIT 1");
  const times = Array.from({ length: samples }, (_, n) => first + Math.floor((n * (last - first + 1)) / samples))
    .map((id) => Number(next.get(id)?.["ts"] ?? 0))
    .sort((a, b) => a - b);
  return (times[Math.min(samples - 1, Math.floor(part * samples))] ?? 0) + 1;
}

/** Notes what the size limit has deleted, for status and `doctor`. */
export function recordLimit(
  connection: Connection,
  name: "limit_events" | "limit_bodies",
  count: number,
  nowMs: number,
): void {
  immediately(connection, () => {
    addTo(connection, name, count);
    setNumber(connection, "limit_at", nowMs);
  });
}

/** `latestMs`: the watermark rises no further, wherever a wrong clock has put an event. */
function remove(connection: Connection, rows: readonly Row[], latestMs: number): void {
  if (rows.length === 0) return;
  const newest = Math.max(...rows.map(({ ts }) => Number(ts)));
  const streams = [...new Set(rows.map(({ stream }) => Number(stream)))];
  immediately(connection, () => {
    const removal = connection.prepare("DELETE FROM events WHERE id = ?");
    for (const { id = null } of rows) removal.run(id);
    // What has expired does not come in again: it would be counted twice.
    raiseWatermark(connection, Math.min(newest + 1, latestMs));
    // Without its events a session is a number among others: its id goes with them.
    const drop = connection.prepare(
      "DELETE FROM streams WHERE id = ? AND NOT EXISTS (SELECT 1 FROM events WHERE stream = streams.id) RETURNING session",
    );
    const sessions = new Set(streams.map((stream) => drop.get(stream)?.["session"] ?? null));
    const forget = connection.prepare(
      `UPDATE sessions SET session_id = 'expired-' || id, stem = NULL
       WHERE id = ? AND NOT EXISTS (SELECT 1 FROM streams t WHERE t.session = sessions.id)`,
    );
    for (const session of sessions) if (session !== null) forget.run(session);
  });
}

/** Fixed cells of an event and its entries in two indexes, in bytes; measured on a file of 600,000. */
const bytesPerEvent = 101;
const eventsSampled = 500;

/** How many events there are, and about how many bytes they take with their indexes. */
export function eventSize(connection: Connection): { readonly count: number; readonly bytes: number } {
  const row = connection
    .prepare(
      `SELECT (SELECT count(*) FROM events) count, (SELECT avg(ifnull(length(numbers), 0)) FROM
         (SELECT numbers FROM events ORDER BY id DESC LIMIT ${eventsSampled})) numbers`,
    )
    .get();
  const count = Number(row?.["count"] ?? 0);
  return { count, bytes: count * (bytesPerEvent + Number(row?.["numbers"] ?? 0)) };
}

/** Gives free pages back to the file system, some at a time. Returns whether there are more. */
export function shrink(connection: Connection): boolean {
  const free = () => Number(connection.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0);
  if (free() === 0) return false;
  connection.exec(`PRAGMA incremental_vacuum(${pagesPerStep})`);
  return free() > 0;
}
