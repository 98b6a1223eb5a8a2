/**
 * What the database has to report about itself, as sentences for status and `doctor`: what a limit has deleted, what a wrong clock
 * has caused, and damaged databases that were set aside.
 */
import type { Connection } from "./driver/driver.ts";
import { type Limits, type RetentionHold, retentionHold } from "./retention.ts";
import { readNumber } from "./state.ts";

const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;
const timeText = (ms: number): string => new Date(ms).toLocaleString("sv-SE").slice(0, 16);

const holds: Readonly<Record<RetentionHold, string>> = {
  event_ahead:
    "No events are deleted at present: the newest is more than two days ahead of the clock. Check the clock.",
  clock_jumped: "The clock has jumped: events expire by it once it has gone on for a day.",
};

/** @throws SQLite's error. */
export function storeNotes(connection: Connection, { maxBytes }: Limits, nowMs: number): readonly string[] {
  const notes: string[] = [];
  const limitMs = readNumber(connection, "limit_at");
  if (limitMs > 0) {
    const events = readNumber(connection, "limit_events");
    const bodies = readNumber(connection, "limit_bodies");
    const deleted = [
      ...(bodies > 0 ? [count(bodies, "request body", "request bodies")] : []),
      ...(events > 0 ? [count(events, "event")] : []),
    ];
    const limit = `${Math.round(maxBytes / 1024 / 1024).toLocaleString("en-US")} MB`;
    notes.push(
      `The size limit (max_db_size_mb, ${limit}) has deleted ${deleted.join(" and ")}, oldest first, last at ${timeText(limitMs)}.`,
    );
  }
  const hold = retentionHold(connection, nowMs);
  if (hold !== undefined) notes.push(holds[hold]);
  const fellMs = readNumber(connection, "watermark_fell_at");
  if (fellMs > 0) {
    notes.push(
      `The clock was ahead when events last expired or were purged. That was corrected at ${timeText(fellMs)}.`,
    );
  }
  const below = readNumber(connection, "below_watermark");
  if (below > 0) {
    notes.push(
      `${count(below, "event")} ${below === 1 ? "was" : "were"} refused: older than events that expired or were purged.`,
    );
  }
  const consentMs = readNumber(connection, "future_consent");
  if (consentMs > nowMs) {
    const seen = timeText(readNumber(connection, "future_consent_seen"));
    notes.push(`Your consent is dated ${timeText(consentMs)}, ahead of the clock. It counts from ${seen} on.`);
  }
  return notes;
}

/** A sentence for each damaged database that is kept beside the one in use, until its file is removed. */
export function quarantineNotes(files: readonly string[]): readonly string[] {
  return files
    .filter((file) => !/-(?:wal|shm)$/.test(file))
    .map((file) => `A damaged database was set aside as ${file}. Remove the file to dismiss this.`);
}
