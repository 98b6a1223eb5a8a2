/**
 * The low watermark: no event from before it is accepted, because such events have expired or were purged. It is a time, so a
 * wrong clock can set it: then it is in the future, and would refuse everything. A clock that is found before the watermark
 * proves that it was set by a wrong clock, and the watermark follows it back.
 */
import type { Connection } from "./driver/driver.ts";
import { readNumber, setNumber } from "./state.ts";

/** Events wait in queues, SDK buffers and event logs before they arrive: so long before the moment a clock was found right. */
const arrivalMs = { min: 60 * 1000, max: 24 * 60 * 60 * 1000 } as const;

/**
 * The watermark that an erasure sets, in milliseconds: no event that is known now is accepted again. Known are the events, and what was
 * erased in part before; a clock that is ahead raises it no further. Reads every event.
 */
export function erasureWatermark(connection: Connection, nowMs: number): number {
  const row = connection
    .prepare("SELECT (SELECT max(ts) + 1 FROM events) events, (SELECT max(to_ts) FROM erased) erased")
    .get();
  const known = [row?.["events"], row?.["erased"]].filter((ms) => typeof ms === "number");
  return known.length === 0 ? nowMs : Math.min(nowMs, Math.max(...known));
}

/**
 * The watermark as it counts by a clock. A clock that is found before it has followed: by how much it was wrong is known only to be
 * more than that, so events from as long before the clock are accepted again, and from a minute to a day at least and at most.
 */
export function loweredTo(watermarkMs: number, nowMs: number): number {
  const aheadMs = watermarkMs - nowMs;
  if (aheadMs <= 0) return watermarkMs;
  return nowMs - Math.min(arrivalMs.max, Math.max(arrivalMs.min, 2 * aheadMs));
}

/** When the newest known event happened, in milliseconds since 1970; `null` if there is none. */
export function newestEventMs(connection: Connection): number | null {
  const newest = connection
    .prepare("SELECT max(ended_at) newest FROM sessions WHERE session_id NOT LIKE 'expired-%'")
    .get()?.["newest"];
  return typeof newest === "number" ? newest : null;
}

/** Raises the watermark; it never falls by this. */
export function raiseWatermark(connection: Connection, watermarkMs: number): void {
  if (watermarkMs > readNumber(connection, "floor_ts")) setNumber(connection, "floor_ts", watermarkMs);
}

/** Follows a clock that was put right. To be called in a transaction. Returns the watermark. */
export function followClock(connection: Connection, nowMs: number): number {
  const known = readNumber(connection, "floor_ts");
  const lowered = loweredTo(known, nowMs);
  if (lowered !== known) {
    setNumber(connection, "floor_ts", lowered);
    recordFall(connection, nowMs);
    // What was erased in part was erased up to a moment of the same clock.
    connection.prepare("UPDATE erased SET to_ts = ? WHERE by <> 'period' AND to_ts > ?").run(lowered, nowMs);
  }
  return lowered;
}

/** Notes for `doctor` that the watermark had to follow the clock back. */
export function recordFall(connection: Connection, nowMs: number): void {
  setNumber(connection, "watermark_fell_at", nowMs);
}

/** When a consent that is dated in the future was first noticed. To be called in a transaction. */
export function consentSeen(connection: Connection, decidedMs: number, nowMs: number): number {
  const seenMs = readNumber(connection, "future_consent_seen");
  if (readNumber(connection, "future_consent") === decidedMs && seenMs <= nowMs) return seenMs;
  setNumber(connection, "future_consent", decidedMs);
  setNumber(connection, "future_consent_seen", nowMs);
  return nowMs;
}
