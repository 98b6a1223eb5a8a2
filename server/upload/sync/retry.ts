/** When to try again. */
import { randomInt } from "node:crypto";

/** Tries of one run. */
export const attemptsPerRun = 3;
const firstMs = 100;
const maxBackoffMs = 10_000;
/** The pause between two runs: doubled from a minute up to an hour. */
const firstPauseMs = 60_000;
const maxPauseMs = 3_600_000;
/** What a server may ask for: a day. */
const maxServerWaitMs = 86_400_000;
/** Nothing waits longer. */
export const maxWaitMs = maxServerWaitMs;

/** Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): from nothing to twice the last bound. Milliseconds. */
export function backoffMs(attempt: number): number {
  return randomInt(Math.min(maxBackoffMs, firstMs * 2 ** attempt) + 1);
}

/** The pause after a run failed for the `failures`th time in a row: at least half of its bound. Milliseconds. */
export function pauseMs(failures: number): number {
  const maxMs = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));
  return Math.ceil(maxMs / 2) + randomInt(Math.floor(maxMs / 2) + 1);
}

/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. `undefined` where it is neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), maxServerWaitMs) : undefined;
}
