/**
 * UUIDv7 (RFC 9562, section 5.7): 48 bits of time in milliseconds, then the random bits of a
 * UUIDv4. `randomUUID` takes them from a pool; packages that read the system's randomness for each
 * ID need 5 µs more.
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

/** Cached, because events come in bursts: those of one millisecond share their prefix. */
let lastMs = -1;
let prefix = "";
