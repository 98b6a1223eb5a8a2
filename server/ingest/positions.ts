/**
 * Import positions: how far an event log was imported, written in the transaction of its events. A
 * position is valid only for a file that starts with the same bytes, because device and inode
 * numbers change and differ for copies.
 */
import { dayMs } from "../../shared/schema/durations.ts";
import type { Connection } from "../store/driver/driver.ts";
import type { LogReader, Step } from "./log-reader.ts";

/** Rows of removed logs are kept for a day. Milliseconds. */
const keptMs = dayMs;

export interface Position {
  readonly position: number;
  /** SHA-256 of the bytes before it; `null` for a row of an older version. */
  readonly digest: string | null;
}

type Identity = Pick<LogReader, "log" | "first" | "size">;

const keyOf = ({ log, first }: Pick<Identity, "log" | "first">): string => `${log}:${first}`;

/**
 * Returns possible positions of a log: from its own row, and from a row of an older version without
 * a digest.
 */
export function positionsOf(connection: Connection, log: Identity): readonly Position[] {
  const own = connection.prepare("SELECT position, digest FROM imports WHERE file = ?").get(keyOf(log));
  // Older versions identified files by device, inode and first line; only the first line is stable.
  const older = connection
    .prepare("SELECT position FROM imports WHERE digest IS NULL AND file LIKE ? ORDER BY position DESC LIMIT 1")
    .get(`%:${log.first}`);
  return [
    ...(own === undefined ? [] : [{ position: Number(own["position"]), digest: String(own["digest"]) }]),
    // A copy that is older than the position is shorter, and was read completely.
    ...(older === undefined ? [] : [{ position: Math.min(Number(older["position"]), log.size), digest: null }]),
  ];
}

export function writePosition(connection: Connection, log: Identity, { to, digest, lines }: Step, nowMs: number): void {
  connection
    .prepare(
      `INSERT INTO imports (file, position, digest, imported, read_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET position = excluded.position, digest = excluded.digest,
         imported = imported + excluded.imported, read_at = excluded.read_at`,
    )
    .run(keyOf(log), to, digest, lines.length, nowMs);
  connection
    .prepare("DELETE FROM imports WHERE digest IS NOT NULL AND (read_at < ? OR read_at > ?)")
    .run(nowMs - keptMs, nowMs + keptMs);
}
