/** The table `origins`: imports of exports, each with the installation that recorded the data. */
import type { Connection, Row } from "../driver/driver.ts";
import { grains } from "../rollups/rollups.ts";

export interface ImportedOrigin {
  readonly id: number;
  /** Digest of the installation that recorded the data. */
  readonly name: string;
  /** When it exported the data, in milliseconds since 1970. */
  readonly asOfMs: number;
  readonly importedMs: number;
  /** `false`: the import was interrupted. */
  readonly complete: boolean;
  readonly events: number;
  readonly sessions: number;
}

const toOrigin = (row: Row): ImportedOrigin => ({
  id: Number(row["id"]),
  name: String(row["name"]),
  asOfMs: Number(row["as_of"]),
  importedMs: Number(row["imported_at"]),
  complete: row["complete"] === 1,
  events: Number(row["events"]),
  sessions: Number(row["sessions"]),
});

export function listOrigins(connection: Connection): readonly ImportedOrigin[] {
  return connection
    .prepare(
      `SELECT o.*, (SELECT count(*) FROM sessions s WHERE s.origin = o.id) sessions,
         (SELECT count(*) FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE d.origin = o.id) events
       FROM origins o ORDER BY o.id`,
    )
    .all()
    .map(toOrigin);
}

/** Adds an origin, which is incomplete until `completeOrigin`. */
export function addOrigin(connection: Connection, name: string, asOfMs: number, nowMs: number): number {
  const row = connection
    .prepare("INSERT INTO origins (name, as_of, imported_at) VALUES (?, ?, ?) RETURNING id")
    .get(name, asOfMs, nowMs);
  return Number(row?.["id"]);
}

export function completeOrigin(connection: Connection, id: number): void {
  connection.prepare("UPDATE origins SET complete = 1 WHERE id = ?").run(id);
}

/** Returns the first local hour that this machine recorded itself; `undefined` if there is none. */
export function firstOwnHour(connection: Connection): number | undefined {
  const hour = connection
    .prepare(
      `SELECT min(m.bucket) hour FROM rollups m JOIN dimensions d ON d.id = m.dimensions
       WHERE m.grain = ${grains.hour} AND d.origin = 0`,
    )
    .get()?.["hour"];
  return typeof hour === "number" ? hour : undefined;
}
