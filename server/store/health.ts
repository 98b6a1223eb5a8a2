/**
 * Sentences for status and `doctor` about the database: deletions by the size limit, effects of a
 * wrong clock, and quarantined databases.
 */
import { type Message, message } from "../../shared/protocol/message.ts";
import { countText, dateTimeText, numberText } from "../../shared/text/format.ts";
import type { Connection } from "./driver/driver.ts";
import { type Limits, type RetentionHold, retentionHold } from "./retention.ts";
import { readNumber } from "./state.ts";

const minuteText = (ms: number): string => dateTimeText(ms).slice(0, 16);

const holdTexts: Readonly<Record<RetentionHold, Message>> = {
  event_ahead: message(
    "Data retention is paused: an event is dated more than two days ahead. Correct the system clock.",
  ),
  clock_jumped: message("The clock has jumped. Retention resumes after one day."),
};

/** @throws SQLite's error. */
export function storeNotes(connection: Connection, { maxBytes }: Limits, nowMs: number): readonly Message[] {
  const notes: Message[] = [];
  const limitMs = readNumber(connection, "limit_at");
  if (limitMs > 0) {
    const events = readNumber(connection, "limit_events");
    const bodies = readNumber(connection, "limit_bodies");
    const deleted = [
      ...(bodies > 0 ? [countText(bodies, "request body", "request bodies")] : []),
      ...(events > 0 ? [countText(events, "event")] : []),
    ];
    const limit = `${numberText(Math.round(maxBytes / 1024 / 1024))} MB`;
    notes.push(
      message("The size limit (max_db_size_mb, {limit}) deleted the oldest {deleted}, most recently at {at}.", {
        limit,
        deleted: deleted.join(" and "),
        at: minuteText(limitMs),
      }),
    );
  }
  const hold = retentionHold(connection, nowMs);
  if (hold !== undefined) notes.push(holdTexts[hold]);
  const loweredMs = readNumber(connection, "watermark_fell_at");
  if (loweredMs > 0) {
    notes.push(
      message("The clock was ahead when events last expired or were purged; corrected automatically at {at}.", {
        at: minuteText(loweredMs),
      }),
    );
  }
  const below = readNumber(connection, "below_watermark");
  if (below > 0) {
    const events = countText(below, "event");
    notes.push(message("{events} dropped: older than events that have expired or were purged.", { events }));
  }
  const consentMs = readNumber(connection, "future_consent");
  if (consentMs > nowMs) {
    const since = minuteText(readNumber(connection, "future_consent_seen"));
    notes.push(
      message("Your consent is dated in the future ({at}). It applies from {since}.", {
        at: minuteText(consentMs),
        since,
      }),
    );
  }
  return notes;
}

/** Returns a sentence for each quarantined database that has not been deleted. */
export function quarantineNotes(files: readonly string[]): readonly Message[] {
  return files
    .filter((file) => !/-(?:wal|shm)$/.test(file))
    .map((file) => message("A corrupt database was moved to {file}. Delete the file to dismiss this note.", { file }));
}
