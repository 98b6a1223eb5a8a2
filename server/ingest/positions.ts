/**
 * Import positions: how far an event log was imported, written in the transaction of its events. A position counts only for a file
 * that begins with the very same bytes: device and inode numbers change, and copies have others.
 */
import type { Connection } from "../store/driver/driver.ts";
import type { LogReader, Step } from "./log-reader.ts";

/** Rows of logs that are gone are kept for a day. Milliseconds. */
const keptMs = 24 * 60 * 60 * 1000;

export interface Position {
  readonly position: number;
  /** SHA-256 of the bytes before it; `null` of a row that an older version wrote. */
  readonly digest: string | null;
}

type Identity = Pick<LogReader, "log" | "first" | "size">;

const keyOf = ({ log, first }: Pick<Identity, "log" | "first">): string => `${log}:${first}`;

/** Where an import of this log may have ended, by the row of its name and by that of an older version, which has no digest. */
export function positionsOf(connection: Connection, log: Identity): readonly Position[] {
  const own = connection.prepare("SELECT position, digest FROM imports WHERE file = ?").get(keyOf(log));
  // An older version knew files by device, inode and first line. The first line is what stays.
  const older = connection
    .prepare("SELECT position FROM imports WHERE digest IS NULL AND file LIKE ? ORDER BY position DESC LIMIT 1")
    .get(`%:${log.first}`);
  return [
    ...(own === undefined ? [] : [{ position: Number(own["position"]), digest: String(own["digest"]) }]),
    // A copy that was made before has fewer bytes, and was read as well.
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
