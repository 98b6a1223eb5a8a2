/**
 * Migration 3: separates dimensions from measures; adds rollups and leases. Converts existing
 * events. Never change a shipped migration: add columns for new fields in a new one.
 */
import type { Connection, Row, SqlValue } from "../driver/driver.ts";
import { uuidBytes } from "../events/uuid-bytes.ts";

const tables = `
  CREATE TABLE words (
    id INTEGER PRIMARY KEY,
    -- The words as JSON, so that a combination has one row.
    key TEXT NOT NULL UNIQUE,
    event_type TEXT NOT NULL,
    source TEXT NOT NULL,
    stream TEXT,
    tool_name TEXT,
    tool_phase TEXT,
    tool_hash TEXT,
    agent TEXT,
    command_path TEXT,
    invocation_kind TEXT,
    profile TEXT,
    thinktool TEXT,
    thinktool_chain TEXT,
    completed INTEGER,
    model TEXT,
    status TEXT,
    exit_class TEXT,
    error_category TEXT,
    error_code TEXT,
    recoverable INTEGER,
    component TEXT,
    cache_hit INTEGER,
    workspace_hash TEXT,
    task_hash TEXT,
    template TEXT,
    phase TEXT,
    task_type TEXT,
    task_group TEXT,
    debugger_type TEXT,
    language TEXT,
    feature TEXT,
    discovery_source TEXT,
    milestone TEXT,
    install_method TEXT,
    install_error TEXT,
    current_version TEXT,
    available_version TEXT,
    version TEXT,
    os TEXT,
    arch TEXT,
    editor TEXT,
    upgrade_feature TEXT,
    trial_converted INTEGER,
    experiment TEXT,
    variant TEXT
  ) STRICT;

  -- One source of one session; its events are numbered from 1.
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (id),
    source TEXT NOT NULL,
    -- The highest number seen, and how many have come: the difference is lost or still under way.
    last_seq INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    UNIQUE (session, source)
  ) STRICT;

  -- AUTOINCREMENT: an id is never used again, so that it can serve as a cursor in the order of commits.
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id BLOB NOT NULL UNIQUE,
    stream INTEGER NOT NULL REFERENCES streams (id),
    seq INTEGER NOT NULL,
    words INTEGER NOT NULL REFERENCES words (id),
    ts INTEGER NOT NULL,
    utc_offset_min INTEGER NOT NULL,
    duration_ms INTEGER,
    numbers TEXT,
    UNIQUE (stream, seq)
  ) STRICT;

  -- Rollups. grain 0: hours, 1: days, 2: months of the user's wall clock, each counted since 1970.
  CREATE TABLE metrics (
    grain INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    words INTEGER NOT NULL REFERENCES words (id),
    count INTEGER NOT NULL,
    duration_count INTEGER NOT NULL,
    duration_sum INTEGER NOT NULL,
    duration_min INTEGER,
    duration_max INTEGER,
    duration_sketch TEXT,
    -- JSON: for each other number its count, sum, least and most.
    numbers TEXT,
    PRIMARY KEY (grain, bucket, words)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    -- Grows with each new holder, so that one that was stopped can be told from its successor.
    fence INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Who has the database open for writing: an entry whose process is gone tells of a crash.
  CREATE TABLE openers (id TEXT PRIMARY KEY, pid INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- What was erased, and up to which moment: it must not come in again.
  CREATE TABLE erased (
    by TEXT NOT NULL,
    value TEXT NOT NULL,
    from_ts INTEGER NOT NULL,
    to_ts INTEGER NOT NULL
  ) STRICT;

  -- closed_day: days before it are rolled up; erasures: how often something was erased; floor_ts: events before it
  -- have expired, and are not taken again.
  CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO state VALUES ('closed_day', 0), ('erasures', 0), ('floor_ts', 0);
`;

/** Views with the column names of ADR-003, for use in the sqlite3 shell. */
const views = `
  CREATE VIEW events_readable AS
    SELECT e.id, strftime('%Y-%m-%d %H:%M:%f', e.ts / 1000.0, 'unixepoch') AS timestamp, s.session_id, w.event_type,
      w.workspace_hash, w.task_hash, w.command_path AS command, e.duration_ms,
      CASE w.status WHEN 'ok' THEN 1 WHEN 'failed' THEN 0 END AS success, w.error_category,
      w.template AS template_used, e.numbers ->> 'services_count' AS services_count,
      e.numbers ->> 'ports_used' AS ports_used, w.source, w.tool_name, w.tool_phase, w.exit_class
    FROM events e JOIN words w ON w.id = e.words JOIN streams t ON t.id = e.stream JOIN sessions s ON s.id = t.session;
  CREATE VIEW sessions_readable AS
    SELECT id, session_id, strftime('%Y-%m-%d %H:%M:%f', started_at / 1000.0, 'unixepoch') AS started_at,
      strftime('%Y-%m-%d %H:%M:%f', ended_at / 1000.0, 'unixepoch') AS ended_at, duration_ms, commands_executed,
      workspaces_created, tasks_completed, errors_encountered
    FROM sessions;
`;

/** The columns that became dimensions; a copy, because later steps rename the table. */
const dimensionNames = [
  "stream",
  "tool_name",
  "tool_phase",
  "tool_hash",
  "agent",
  "command_path",
  "invocation_kind",
  "profile",
  "thinktool",
  "thinktool_chain",
  "completed",
  "model",
  "status",
  "exit_class",
  "error_category",
  "error_code",
  "recoverable",
  "component",
  "cache_hit",
  "workspace_hash",
  "task_hash",
  "template",
  "phase",
  "task_type",
  "task_group",
  "debugger_type",
  "language",
  "feature",
  "discovery_source",
  "milestone",
  "install_method",
  "install_error",
  "current_version",
  "available_version",
  "version",
  "os",
  "arch",
  "editor",
  "upgrade_feature",
  "trial_converted",
  "experiment",
  "variant",
];

/** Returns the ID of an older row's combination of dimensions, which it inserts once. */
function dimensionIds(connection: Connection): (row: Row) => SqlValue {
  const columns = ["key", "event_type", "source", ...dimensionNames];
  const find = connection.prepare("SELECT id FROM words WHERE key = ?");
  const insert = connection.prepare(
    `INSERT INTO words (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) RETURNING id`,
  );
  return (row) => {
    const cells = dimensionNames.map((name) => row[name] ?? null);
    const values = dimensionNames.flatMap((name, n) => (cells[n] === null ? [] : [name, cells[n]]));
    const [type, source] = [String(row["event_type"]), String(row["source"])];
    const key = JSON.stringify([type, source, ...values]);
    return (find.get(key) ?? insert.get(key, type, source, ...cells))?.["id"] ?? null;
  };
}

function convertEvents(connection: Connection, rows: readonly Row[]): void {
  const idOf = dimensionIds(connection);
  const stream = connection.prepare("INSERT INTO streams (session, source) VALUES (?, ?) RETURNING id");
  const countReceived = connection.prepare(
    "UPDATE streams SET last_seq = max(last_seq, ?), received = received + 1 WHERE id = ?",
  );
  const insert = connection.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const streams = new Map<string, SqlValue>();
  for (const row of rows) {
    const key = `${row["session"]} ${row["source"]}`;
    const streamId = streams.get(key) ?? stream.get(row["session"] ?? null, row["source"] ?? null)?.["id"] ?? null;
    streams.set(key, streamId);
    const { id = null, seq = null, ts = null, utc_offset_min = null, duration_ms = null } = row;
    const dropped = row["dropped_count"] ?? null;
    const numbers = dropped === null ? null : JSON.stringify({ dropped_count: dropped });
    const dimensions = idOf(row);
    insert.run(
      id,
      uuidBytes(String(row["event_id"])),
      streamId,
      seq,
      dimensions,
      ts,
      utc_offset_min,
      duration_ms,
      numbers,
    );
    countReceived.run(seq, streamId);
  }
}

export function migrateToDimensions(connection: Connection): void {
  const rows = connection.prepare("SELECT * FROM events ORDER BY id").all();
  connection.exec("DROP TABLE events");
  connection.exec(tables);
  connection.exec(views);
  convertEvents(connection, rows);
}
