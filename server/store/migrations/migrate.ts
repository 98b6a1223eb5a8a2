/**
 * The schema and its migrations: forward only, tracked in `user_version`, all in one transaction.
 * Never change a shipped migration; append a new one.
 */
import { type Connection, immediately } from "../driver/driver.ts";
import { recountAll } from "../rollups/rollups.ts";
import { migrateToDimensions } from "./003-dimensions.ts";
import { sharing } from "./005-sharing.ts";
import { lasting } from "./007-body-digests.ts";
import { belonging } from "./008-database-owner.ts";
import { renameDimensions } from "./009-rename-dimensions.ts";
import { offeredSchema } from "./010-offered-schema.ts";
import { origins } from "./011-origins.ts";
import { ownSessions } from "./012-own-sessions.ts";
import { commandChains } from "./013-command-chains.ts";
import { agentReports } from "./014-agent-reports.ts";
import { queries } from "./015-queries.ts";
import { agentHistory } from "./016-agent-history.ts";

type Step = string | ((connection: Connection) => void);

const steps: readonly Step[] = [
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
  `
  ALTER TABLE events ADD COLUMN tool_hash TEXT;
  ALTER TABLE events ADD COLUMN agent TEXT;
  ALTER TABLE events ADD COLUMN invocation_kind TEXT;
  ALTER TABLE events ADD COLUMN profile TEXT;
  ALTER TABLE events ADD COLUMN thinktool TEXT;
  ALTER TABLE events ADD COLUMN thinktool_chain TEXT;
  ALTER TABLE events ADD COLUMN thinktool_count INTEGER;
  ALTER TABLE events ADD COLUMN step_count INTEGER;
  ALTER TABLE events ADD COLUMN step INTEGER;
  ALTER TABLE events ADD COLUMN completed INTEGER;
  ALTER TABLE events ADD COLUMN model TEXT;
  ALTER TABLE events ADD COLUMN tokens_input INTEGER;
  ALTER TABLE events ADD COLUMN tokens_output INTEGER;
  ALTER TABLE events ADD COLUMN tokens_cached INTEGER;
  ALTER TABLE events ADD COLUMN tokens_used INTEGER;
  ALTER TABLE events ADD COLUMN error_category TEXT;
  ALTER TABLE events ADD COLUMN error_code TEXT;
  ALTER TABLE events ADD COLUMN recoverable INTEGER;
  ALTER TABLE events ADD COLUMN retry_count INTEGER;
  ALTER TABLE events ADD COLUMN component TEXT;
  ALTER TABLE events ADD COLUMN llm_latency_ms INTEGER;
  ALTER TABLE events ADD COLUMN processing_ms INTEGER;
  ALTER TABLE events ADD COLUMN cache_hit INTEGER;
  ALTER TABLE events ADD COLUMN confidence_score REAL;
  ALTER TABLE events ADD COLUMN coherence_score REAL;
  ALTER TABLE events ADD COLUMN depth_score REAL;
  ALTER TABLE events ADD COLUMN query_count INTEGER;
  ALTER TABLE events ADD COLUMN workspace_hash TEXT;
  ALTER TABLE events ADD COLUMN task_hash TEXT;
  ALTER TABLE events ADD COLUMN template TEXT;
  ALTER TABLE events ADD COLUMN services_count INTEGER;
  ALTER TABLE events ADD COLUMN ports_used INTEGER;
  ALTER TABLE events ADD COLUMN phase TEXT;
  ALTER TABLE events ADD COLUMN task_type TEXT;
  ALTER TABLE events ADD COLUMN task_group TEXT;
  ALTER TABLE events ADD COLUMN debugger_type TEXT;
  ALTER TABLE events ADD COLUMN language TEXT;
  ALTER TABLE events ADD COLUMN focus_ms INTEGER;
  ALTER TABLE events ADD COLUMN saves INTEGER;
  ALTER TABLE events ADD COLUMN feature TEXT;
  ALTER TABLE events ADD COLUMN discovery_source TEXT;
  ALTER TABLE events ADD COLUMN milestone TEXT;
  ALTER TABLE events ADD COLUMN install_method TEXT;
  ALTER TABLE events ADD COLUMN install_error TEXT;
  ALTER TABLE events ADD COLUMN binary_size_bytes INTEGER;
  ALTER TABLE events ADD COLUMN current_version TEXT;
  ALTER TABLE events ADD COLUMN available_version TEXT;
  ALTER TABLE events ADD COLUMN days_since_release INTEGER;
  ALTER TABLE events ADD COLUMN days_since_install INTEGER;
  ALTER TABLE events ADD COLUMN total_sessions INTEGER;
  ALTER TABLE events ADD COLUMN version TEXT;
  ALTER TABLE events ADD COLUMN os TEXT;
  ALTER TABLE events ADD COLUMN arch TEXT;
  ALTER TABLE events ADD COLUMN editor TEXT;
  ALTER TABLE events ADD COLUMN upgrade_feature TEXT;
  ALTER TABLE events ADD COLUMN trial_days INTEGER;
  ALTER TABLE events ADD COLUMN trial_converted INTEGER;
  ALTER TABLE events ADD COLUMN experiment TEXT;
  ALTER TABLE events ADD COLUMN variant TEXT;
  `,
  migrateToDimensions,
  `
  -- What the last writes tallied, by hour; added to metrics every so many rows.
  CREATE TABLE recent_metrics (
    id INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL,
    words INTEGER NOT NULL,
    count INTEGER NOT NULL,
    duration_count INTEGER NOT NULL,
    duration_sum INTEGER NOT NULL,
    duration_min INTEGER,
    duration_max INTEGER,
    duration_sketch TEXT,
    numbers TEXT
  ) STRICT;
  -- The lowest number seen: a stream that was erased goes on somewhere in the middle.
  ALTER TABLE streams ADD COLUMN first_seq INTEGER NOT NULL DEFAULT 1;
  CREATE VIEW rollups AS
    SELECT grain, bucket, words, count, duration_count, duration_sum, duration_min, duration_max, duration_sketch, numbers
    FROM metrics
    UNION ALL
    SELECT 0, bucket, words, count, duration_count, duration_sum, duration_min, duration_max, duration_sketch, numbers
    FROM recent_metrics;
  `,
  sharing,
  `
  ALTER TABLE words ADD COLUMN caller_hash TEXT;
  ALTER TABLE words ADD COLUMN activity TEXT;
  `,
  lasting,
  belonging,
  renameDimensions,
  offeredSchema,
  origins,
  ownSessions,
  commandChains,
  agentReports,
  queries,
  agentHistory,
];

export const schemaVersion = steps.length;

/** The database was created by a newer version of the product. */
export class NewerDatabaseError extends Error {
  override readonly name = "NewerDatabaseError";
}

export function versionOf(connection: Connection): number {
  return Number(connection.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Returns whether a database has the current schema. @throws NewerDatabaseError */
export function isCurrent(connection: Connection): boolean {
  return refuseNewer(versionOf(connection)) === schemaVersion;
}

function refuseNewer(version: number): number {
  if (version > schemaVersion) throw new NewerDatabaseError(`database version ${version}, known ${schemaVersion}`);
  return version;
}

/** Migrates to `schemaVersion`, or in tests to an earlier one. @throws NewerDatabaseError */
export function migrate(connection: Connection, requested = schemaVersion): void {
  if (refuseNewer(versionOf(connection)) >= requested) return;
  immediately(connection, () => {
    // Read again under the lock: another process may have migrated in the meantime.
    const before = refuseNewer(versionOf(connection));
    for (let version = before; version < requested; version += 1) {
      const step = steps[version] ?? "";
      if (typeof step === "string") connection.exec(step);
      else step(connection);
      connection.exec(`PRAGMA user_version = ${version + 1}`);
    }
    // Rollups exist since version 3; computing them needs the current tables.
    if (before > 0 && before < 3 && requested === schemaVersion) recountAll(connection);
  });
}
