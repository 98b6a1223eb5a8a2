/**
 * Data retention: deletes the oldest events by age and size, in steps that hold the lock briefly.
 * Rollups stay, and so do session rows, without their IDs. Never deletes while the clock may be
 * wrong: after a jump, the time of the previous run is used until the clock has run on for a day.
 */
import { hourMs } from "../../shared/schema/durations.ts";
import { type Connection, immediately, type Row } from "./driver/driver.ts";
import { newestEventMs, raiseWatermark } from "./low-watermark.ts";
import { monthOfDay, startOfHour } from "./rollups/local-time.ts";
import { grains } from "./rollups/rollups.ts";
import { addTo, readNumber, setNumber } from "./state.ts";

/** The user's limits: `retention_days` and `max_db_size_mb` in `config.toml`. */
export interface Limits {
  readonly retentionDays: number;
  readonly maxBytes: number;
  /** `ledger_body_days`; `undefined` keeps the ledger's bodies until a purge or the size limit. */
  readonly ledgerBodyDays: number | undefined;
  /** `rollup_retention_days`; `undefined` keeps totals until a purge. */
  readonly rollupRetentionDays?: number | undefined;
}

const dayMs = 24 * hourMs;

/** A clock change beyond this between two runs, or an event this far ahead, means a wrong clock. */
const toleranceMs = 2 * dayMs;
/** A clock that jumped is trusted after running on for this long. */
const confirmationMs = dayMs;
/** Smaller backward changes are not a jump: time synchronisation, or a manual correction. */
const backwardMs = hourMs;
/** The status reports a retention time that lags the clock by more than this. */
const reportedLagMs = 7 * dayMs;

/** Rows scanned per step: a few milliseconds. */
const rowsPerWindow = 20_000;
const pagesPerStep = 128;

/** Records the start of a run and determines the trusted time. Call it in a transaction. */
export function recordRun(connection: Connection, nowMs: number): void {
  const lastMs = readNumber(connection, "maintenance_at");
  const jumpedMs = readNumber(connection, "clock_jumped_at");
  const trust = (trustedMs: number, sinceMs: number) => {
    setNumber(connection, "trusted_at", trustedMs);
    setNumber(connection, "clock_jumped_at", sinceMs);
  };
  // A clock that ran on for a day since its jump is trusted, and was correct at the last run.
  const isConfirmed = jumpedMs === 0 || nowMs >= jumpedMs + confirmationMs;
  if (lastMs === 0) trust(nowMs, 0);
  else if (nowMs < lastMs - backwardMs) trust(Math.min(readNumber(connection, "trusted_at"), nowMs), nowMs);
  else if (nowMs > lastMs + toleranceMs) {
    if (isConfirmed) trust(lastMs, nowMs);
  } else if (isConfirmed) trust(nowMs, 0);
  setNumber(connection, "maintenance_at", nowMs);
}

/** Returns the time that retention is based on, in milliseconds since 1970; at most `nowMs`. */
export function trustedMs(connection: Connection, nowMs: number): number {
  return Math.min(nowMs, readNumber(connection, "trusted_at"));
}

/** Why retention is not based on the current clock. */
export type RetentionHold = "event_ahead" | "clock_jumped";

/** Returns `undefined` if retention is based on the current clock. */
export function retentionHold(connection: Connection, nowMs: number): RetentionHold | undefined {
  if (isEventAhead(connection, nowMs)) return "event_ahead";
  return trustedMs(connection, nowMs) < nowMs - reportedLagMs && readNumber(connection, "maintenance_at") > 0
    ? "clock_jumped"
    : undefined;
}

/** Returns whether the newest event or the clock must be wrong; then no event is deleted. */
export function isEventAhead(connection: Connection, nowMs: number): boolean {
  return (newestEventMs(connection) ?? 0) > nowMs + toleranceMs;
}

export interface Expired {
  /** The first key not scanned yet; `undefined` at the end. */
  readonly next: number | undefined;
  readonly events: number;
  readonly oldestMs: number;
}

/** Deletes up to `maxRows` events from before `beforeMs`, among the next `rowsPerWindow` keys. */
export function expireByAge(connection: Connection, beforeMs: number, from: number, maxRows: number): Expired {
  // Selected outside the transaction: readers block no other process.
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

/** Returns the first existing key at or after `from`; keys have gaps. */
function nextKey(connection: Connection, from: number): number | undefined {
  const key = connection.prepare("SELECT min(id) id FROM events WHERE id >= ?").get(from)?.["id"];
  return typeof key === "number" ? key : undefined;
}

/**
 * Deletes totals of days, and the rows of sessions whose events have expired, from before a day of the user's calendar; of months
 * only whole ones. Call it in a transaction.
 */
export function expireTotals(connection: Connection, beforeDay: number): void {
  const beforeMonth = monthOfDay(beforeDay);
  for (const [grain, before] of [
    [grains.hour, beforeDay * 24],
    [grains.day, beforeDay],
    [grains.month, beforeMonth],
  ] as const)
    connection.prepare("DELETE FROM metrics WHERE grain = ? AND bucket < ?").run(grain, before);
  connection
    .prepare("DELETE FROM sessions WHERE session_id LIKE 'expired-%' AND ended_at < ?")
    .run(startOfHour(beforeDay * 24));
}

const samples = 500;

/** Estimates the time (ms since 1970) before which this part of the events happened. */
export function momentBefore(connection: Connection, part: number): number {
  const ends = connection.prepare("SELECT min(id) first, max(id) last FROM events").get();
  const [first, last] = [Number(ends?.["first"] ?? 0), Number(ends?.["last"] ?? 0)];
  const next = connection.prepare("SELECT ts FROM events WHERE id >= ? ORDER BY id LIMIT 1");
  const times = Array.from({ length: samples }, (_, n) => first + Math.floor((n * (last - first + 1)) / samples))
    .map((id) => Number(next.get(id)?.["ts"] ?? 0))
    .sort((a, b) => a - b);
  return (times[Math.min(samples - 1, Math.floor(part * samples))] ?? 0) + 1;
}

/** Records deletions caused by the size limit, for status and `doctor`. */
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

/** `maxWatermarkMs` limits the watermark, because a wrong clock may have dated an event. */
function remove(connection: Connection, rows: readonly Row[], maxWatermarkMs: number): void {
  if (rows.length === 0) return;
  const newest = Math.max(...rows.map(({ ts }) => Number(ts)));
  const streams = [...new Set(rows.map(({ stream }) => Number(stream)))];
  immediately(connection, () => {
    const removal = connection.prepare("DELETE FROM events WHERE id = ?");
    for (const { id = null } of rows) removal.run(id);
    // An expired event that arrives again would be counted twice.
    raiseWatermark(connection, Math.min(newest + 1, maxWatermarkMs));
    // A session without events keeps its row for statistics, but not its ID.
    const drop = connection.prepare(
      "DELETE FROM streams WHERE id = ? AND NOT EXISTS (SELECT 1 FROM events WHERE stream = streams.id) RETURNING session",
    );
    const sessions = new Set(streams.map((stream) => drop.get(stream)?.["session"] ?? null));
    const anonymize = connection.prepare(
      `UPDATE sessions SET session_id = 'expired-' || id, stem = NULL
       WHERE id = ? AND NOT EXISTS (SELECT 1 FROM streams t WHERE t.session = sessions.id)`,
    );
    for (const session of sessions) if (session !== null) anonymize.run(session);
  });
}

/** Fixed-size cells of an event plus its entries in two indexes; measured with 600,000 events. */
const bytesPerEvent = 101;
const eventsSampled = 500;

/** Returns the number of events and their approximate size in bytes, including indexes. */
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

/** Returns up to `pagesPerStep` free pages to the file system, and whether there are more. */
export function shrink(connection: Connection): boolean {
  const freePages = () => Number(connection.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0);
  if (freePages() === 0) return false;
  connection.exec(`PRAGMA incremental_vacuum(${pagesPerStep})`);
  return freePages() > 0;
}
