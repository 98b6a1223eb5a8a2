/** Computes the waits between attempts and between runs. */

import { randomInt } from "node:crypto";
import { dayMs, hourMs, minuteMs } from "../../../shared/schema/durations.ts";

/** Attempts per batch in one run. */
export const attemptsPerRun = 3;
/** Bounds of the wait between two attempts. Milliseconds. */
const firstBackoffMs = 100;
const maxBackoffMs = 10_000;
/** Bounds of the wait after a failed run, doubled with each: one minute to one hour. */
const firstPauseMs = minuteMs;
const maxPauseMs = hourMs;
/** Limit for `Retry-After`: one day. */
const maxServerWaitMs = dayMs;
/** No wait is longer. Milliseconds. */
export const maxWaitMs = maxServerWaitMs;

/**
 * Returns a wait with full jitter (Brooker, "Exponential Backoff And Jitter", 2015). Milliseconds.
 */
export function backoffMs(attempt: number): number {
  return randomInt(Math.min(maxBackoffMs, firstBackoffMs * 2 ** attempt) + 1);
}

/**
 * Returns the wait after `failures` failed runs in a row, at least half of its bound. Milliseconds.
 */
export function pauseMs(failures: number): number {
  const maxMs = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));
  return Math.ceil(maxMs / 2) + randomInt(Math.floor(maxMs / 2) + 1);
}

/**
 * Returns the milliseconds of `Retry-After` (RFC 9110, 10.2.3); `undefined` if missing or invalid.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), maxServerWaitMs) : undefined;
}
