/**
 * UUIDv7 (RFC 9562, section 5.7): 48 bits of time in milliseconds, then the random bits of a UUIDv4, which the platform
 * makes from a pool. The packaged generators ask the system for randomness each time, which alone costs 5 µs.
 */
import { randomUUID } from "node:crypto";

export function uuidV7(tsMs: number): string {
  if (tsMs !== lastMs) {
    const time = tsMs.toString(16).padStart(12, "0");
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    lastMs = tsMs;
  }
  return prefix + randomUUID().slice(15);
}

/** Events come in bursts: those of one millisecond share their beginning. */
let lastMs = -1;
let prefix = "";
