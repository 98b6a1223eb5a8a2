/**
 * The tables, and how an older database becomes a newer one: forward only, by `user_version`, each step in one
 * transaction. A step that has shipped is never changed; a new one is added at the end.
 */
import { type Connection, immediately } from "./driver.ts";

const steps: readonly string[] = [
  `
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL GENERATED ALWAYS AS (ended_at - started_at) VIRTUAL,
    commands_executed INTEGER NOT NULL DEFAULT 0,
    workspaces_created INTEGER NOT NULL DEFAULT 0,
    tasks_completed INTEGER NOT NULL DEFAULT 0,
    errors_encountered INTEGER NOT NULL DEFAULT 0,
    product TEXT NOT NULL,
    version TEXT NOT NULL,
    os TEXT NOT NULL,
    arch TEXT NOT NULL,
    runtime_version TEXT NOT NULL
  ) STRICT;

  -- AUTOINCREMENT: an id is never used again, so that it can serve as a cursor in the order of commits.
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions (id),
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    utc_offset_min INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    stream TEXT,
    tool_name TEXT,
    tool_phase TEXT,
    command_path TEXT,
    status TEXT,
    exit_class TEXT,
    duration_ms INTEGER,
    dropped_count INTEGER,
    UNIQUE (session, source, seq)
  ) STRICT;
  `,
];

export const schemaVersion = steps.length;

/** The database was made by a newer version of the product. */
export class NewerDatabaseError extends Error {
  override readonly name = "NewerDatabaseError";
}

export function versionOf(connection: Connection): number {
  return Number(connection.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Brings a database up to `schemaVersion`. @throws NewerDatabaseError */
export function migrate(connection: Connection): void {
  const refuseNewer = (version: number) => {
    if (version > schemaVersion) throw new NewerDatabaseError(`database version ${version}, known ${schemaVersion}`);
    return version;
  };
  if (refuseNewer(versionOf(connection)) === schemaVersion) return;
  immediately(connection, () => {
    // Read again under the lock: another process may have been faster.
    for (let version = refuseNewer(versionOf(connection)); version < schemaVersion; version += 1) {
      connection.exec(steps[version] ?? "");
      connection.exec(`PRAGMA user_version = ${version + 1}`);
    }
  });
}
