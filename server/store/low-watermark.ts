/**
 * The low watermark: events before it are rejected because they have expired or were purged. A
 * clock that is ahead could set it into the future, where it would reject everything. Therefore it
 * is lowered whenever the clock is found to be before it.
 */
import { dayMs, minuteMs } from "../../shared/schema/durations.ts";
import type { Connection } from "./driver/driver.ts";
import { readNumber, setNumber } from "./state.ts";

/** Limits of the delay (queues, SDK buffers, event logs) that a lowered watermark allows for. */
const arrivalMs = { min: minuteMs, max: dayMs } as const;

/**
 * Returns the watermark for an erasure: just after the newest event or tombstone, so that no stored
 * or erased event is accepted again; at most `nowMs`. Scans all events.
 */
export function erasureWatermark(connection: Connection, nowMs: number): number {
  const row = connection
    .prepare("SELECT (SELECT max(ts) + 1 FROM events) events, (SELECT max(to_ts) FROM erased) erased")
    .get();
  const known = [row?.["events"], row?.["erased"]].filter((ms) => typeof ms === "number");
  return known.length === 0 ? nowMs : Math.min(nowMs, Math.max(...known));
}

/**
 * Returns the watermark, lowered if the clock is before it. The error of the earlier clock is at
 * least `aheadMs`, so events from twice that time back (one minute to one day) are accepted again.
 */
export function loweredTo(watermarkMs: number, nowMs: number): number {
  const aheadMs = watermarkMs - nowMs;
  if (aheadMs <= 0) return watermarkMs;
  return nowMs - Math.min(arrivalMs.max, Math.max(arrivalMs.min, 2 * aheadMs));
}

/** Returns the time of the newest event, in milliseconds since 1970; `null` if there is none. */
export function newestEventMs(connection: Connection): number | null {
  const newest = connection
    .prepare("SELECT max(ended_at) newest FROM sessions WHERE session_id NOT LIKE 'expired-%'")
    .get()?.["newest"];
  return typeof newest === "number" ? newest : null;
}

/** Raises the watermark; never lowers it. */
export function raiseWatermark(connection: Connection, watermarkMs: number): void {
  if (watermarkMs > readNumber(connection, "floor_ts")) setNumber(connection, "floor_ts", watermarkMs);
}

/** Lowers the watermark after a clock correction and returns it. Call it in a transaction. */
export function followClock(connection: Connection, nowMs: number): number {
  const current = readNumber(connection, "floor_ts");
  const lowered = loweredTo(current, nowMs);
  if (lowered !== current) {
    setNumber(connection, "floor_ts", lowered);
    recordFall(connection, nowMs);
    // Tombstones end at a time of the same wrong clock.
    connection.prepare("UPDATE erased SET to_ts = ? WHERE to_ts > ?").run(lowered, nowMs);
  }
  return lowered;
}

/** Records for `doctor` that the watermark was lowered. */
export function recordFall(connection: Connection, nowMs: number): void {
  setNumber(connection, "watermark_fell_at", nowMs);
}

/** Returns when consent dated in the future was first seen. Call it in a transaction. */
export function effectiveConsentMs(connection: Connection, decidedMs: number, nowMs: number): number {
  const seenMs = readNumber(connection, "future_consent_seen");
  if (readNumber(connection, "future_consent") === decidedMs && seenMs <= nowMs) return seenMs;
  setNumber(connection, "future_consent", decidedMs);
  setNumber(connection, "future_consent_seen", nowMs);
  return nowMs;
}
