/** The table `origins`: imports of exports, each with the installation that recorded the data, and of agents' files. */
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
  /** The agent whose files were read; `null` for an export. */
  readonly agent: string | null;
}

const toOrigin = (row: Row): ImportedOrigin => ({
  id: Number(row["id"]),
  name: String(row["name"]),
  asOfMs: Number(row["as_of"]),
  importedMs: Number(row["imported_at"]),
  complete: row["complete"] === 1,
  events: Number(row["events"]),
  sessions: Number(row["sessions"]),
  agent: row["agent"] === null ? null : String(row["agent"]),
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

/** Marks names of origins that are not, or no longer, the import of that name. */
const newMark = "+";
const oldMark = "-";

/** Adds an origin beside the one that it replaces. */
export const addReplacement = (connection: Connection, name: string, asOfMs: number, nowMs: number): number =>
  addOrigin(connection, name + newMark, asOfMs, nowMs);

/** Creates the table of events that move to another origin when its import is complete. */
export function beginMoves(connection: Connection): void {
  connection.exec(
    "DROP TABLE IF EXISTS temp.moved; CREATE TEMP TABLE moved (event INTEGER PRIMARY KEY, stream INTEGER, dimensions INTEGER)",
  );
}

/**
 * Completes an import in one transaction. What it replaces, `replaced`, becomes incomplete: the caller removes it, or the next
 * import does.
 */
export function completeOrigin(connection: Connection, id: number, replaced: number | undefined): void {
  if (replaced !== undefined) {
    connection.exec(`
      UPDATE events SET stream = m.stream, dimensions = m.dimensions FROM temp.moved m WHERE m.event = events.id;
      DELETE FROM temp.moved`);
    connection.prepare(`UPDATE origins SET complete = 0, name = name || '${oldMark}' WHERE id = ?`).run(replaced);
  }
  connection.prepare(`UPDATE origins SET complete = 1, name = rtrim(name, '${newMark}') WHERE id = ?`).run(id);
  // The row of a session without events stays for statistics, as if its events had expired here.
  const empty =
    "origin = ? AND NOT EXISTS (SELECT 1 FROM streams t JOIN events e ON e.stream = t.id WHERE t.session = sessions.id)";
  connection.prepare(`DELETE FROM streams WHERE session IN (SELECT id FROM sessions WHERE ${empty})`).run(id);
  connection
    .prepare(`UPDATE sessions SET session_id = 'expired-' || id WHERE session_id NOT LIKE 'expired-%' AND ${empty}`)
    .run(id);
}

/** How exact the files of an agent are. */
export type Exactness = "exact" | "lower_bound";

/** Returns the origin of what an agent's files say with some exactness; adds it, or notes the time of this import. */
export function historyOrigin(
  connection: Connection,
  { name, agent, exactness }: { readonly name: string; readonly agent: string; readonly exactness: Exactness },
  nowMs: number,
): number {
  const row = connection
    .prepare(
      `INSERT INTO origins (name, as_of, imported_at, complete, agent, exactness) VALUES (?, ?, ?, 1, ?, ?)
       ON CONFLICT (name) DO UPDATE SET as_of = excluded.as_of, imported_at = excluded.imported_at RETURNING id`,
    )
    .get(name, nowMs, nowMs, agent, exactness);
  return Number(row?.["id"]);
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
