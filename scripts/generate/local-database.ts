/**
 * Generates `docs/reference/local-database.md` from the schema that the migrations create. Every table, column and view needs a
 * description here, and each description its column: otherwise generating fails.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWithDriver } from "../../server/store/driver/select-driver.ts";
import { migrate, schemaVersion } from "../../server/store/migrations/migrate.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";

interface TableText {
  readonly about: string;
  readonly columns: Readonly<Record<string, string>>;
}

const measures = {
  count: "Number of events",
  duration_count: "Number of events with a duration",
  duration_sum: "Sum of the durations, in milliseconds",
  duration_min: "Shortest duration, in milliseconds",
  duration_max: "Longest duration, in milliseconds",
  duration_sketch:
    "Quantile sketch of the durations (DDSketch, 2% relative accuracy): bins, or bin:count, joined by commas",
  numbers: "JSON: for each other measure its count, sum, least and largest value",
};

const rollup = {
  grain: "0: hour, 1: day, 2: month",
  bucket: "Hours, days or months of the user's wall clock since 1970",
  dimensions: "Row of `dimensions`",
  ...measures,
};

const tables: Readonly<Record<string, TableText>> = {
  events: {
    about: "One row per event, in the order of commits.",
    columns: {
      id: "Position in commit order; never used again",
      event_id: "UUIDv7, as 16 bytes",
      stream: "Row of `streams`",
      seq: "Sequence number in its stream",
      dimensions: "Row of `dimensions`",
      ts: "When it happened, in milliseconds since 1970",
      utc_offset_min: "Minutes that the user's clock was ahead of UTC. Never shared",
      duration_ms: "Duration, in milliseconds",
      numbers: "JSON: its other measures",
      committed_at: "When it was stored under consent to share; NULL: it can never be shared",
      share: "Bits of the categories that may be shared",
    },
  },
  dimensions: {
    about: "One row per combination of dimension values that occurred.",
    columns: {
      id: "Key",
      key: "The combination as text, for finding it",
      event_type: "Event type",
      source: "What reported the event",
      origin: "0: recorded here; otherwise the row of `origins`",
    },
  },
  streams: {
    about: "Events of one source in one session.",
    columns: {
      id: "Key",
      session: "Row of `sessions`",
      source: "Source",
      last_seq: "Largest sequence number",
      received: "Number of events received",
      first_seq: "Smallest sequence number",
      base: "Sequence number before the first one under the current pseudonym",
    },
  },
  sessions: {
    about: "One row per session (ADR-003). It outlives its events, without its ID.",
    columns: {
      id: "Key",
      session_id: "Random ID; `expired-…` after its events have expired",
      started_at: "First event, in milliseconds since 1970",
      ended_at: "Last event so far, in milliseconds since 1970",
      duration_ms: "ended_at - started_at",
      commands_executed: "Commands that ended",
      workspaces_created: "Workspaces created",
      tasks_completed: "Nexus tasks completed",
      errors_encountered: "Errors and crashes",
      product: "Product that stored it",
      version: "Its version, or `withheld`",
      os: "Operating system, or `withheld`",
      arch: "Processor architecture, or `withheld`",
      runtime_version: "Version of the runtime, or `withheld`",
      own: "1: every event is about a command of this product, so the session does not count",
      stem: "Digest that all sessions of one agent conversation share",
      origin: "0: recorded here; otherwise the row of `origins`",
    },
  },
  metrics: { about: "Totals by hour, day and month (ADR-004). They outlive the events.", columns: rollup },
  recent_metrics: {
    about: "Totals of the last writes by hour, merged into `metrics` from time to time.",
    columns: { id: "Key", bucket: rollup.bucket, dimensions: rollup.dimensions, ...measures },
  },
  origins: {
    about: "Imports of exports of other machines, of this one before a purge, and of agents' files.",
    columns: {
      id: "Key",
      name: "Digest of the installation that recorded the data, or of the agent",
      as_of: "When it exported the data, in milliseconds since 1970",
      imported_at: "When it was imported, in milliseconds since 1970",
      complete: "0 while the import runs",
      agent: "The agent whose files were read; null for an export",
      exactness: "`exact`, or `lower_bound` for responses that the files hold only in part",
    },
  },
  batches: {
    about: "Frozen batches that wait to be sent, and those that a server refused.",
    columns: {
      id: "Key",
      batch_id: "UUIDv8 of the batch",
      generated_at: "Commit time of its last event, in milliseconds since 1970",
      first_key: "Position of its first event",
      keys: "JSON: the first position, then the differences to the next",
      events: "Number of events",
      body: "The exact bytes, compressed (Zstandard)",
      attempts: "Attempts to send it",
      rejected: "Why the server refused it",
    },
  },
  ledger: {
    about: "One entry before and one after each request, linked by digests.",
    columns: {
      seq: "Number",
      entry: "JSON: time, kind, host, digest of the body, outcome, receipt",
      hash: "SHA-256 of the previous hash and this entry",
    },
  },
  ledger_bodies: {
    about: "Exact request bodies, outside the chain, so that they can be deleted.",
    columns: {
      id: "Key",
      sha256: "Digest of the body",
      body: "The bytes, compressed (Zstandard)",
      seq: "Last entry that sent it",
      sent_at: "When it was last sent, in milliseconds since 1970",
      answered: "1: accepted or finally refused",
    },
  },
  sharing: {
    about: "One row while the consent to share lasts: pseudonym, cursor, waits and pauses.",
    columns: {
      one: "Always 1",
      database: "Random ID that `upload-state.json` names too",
      anon_user_id: "The pseudonym (UUIDv4)",
      anon_salt: "Salt of the shared session IDs; never leaves the machine",
      since: "Start of the pseudonym, in milliseconds since 1970",
      cursor_id: "Position of the last event that was looked at",
      cursor_ts: "Its time, in milliseconds since 1970",
      failures: "Consecutive runs that failed",
      wait_until: "Next own attempt, in milliseconds since 1970",
      server_wait: "Next attempt that the server allows, in milliseconds since 1970",
      paused: "Why uploading is paused until the user acts",
      synced_at: "Last complete upload, in milliseconds since 1970",
      begun_id: "Position before the pseudonym started",
      failure: "Why recent attempts failed",
      schema_1_until: "Events up to this position go out in upload schema 1",
    },
  },
  servers: {
    about: "What is known of each server.",
    columns: {
      host: "Its upload URL",
      enrolled: "Pseudonym whose secret it has",
      encodings: "Content encodings that it accepts",
      plain: "1: no enrolment and no receipts",
      schema: "Largest known upload schema that it accepts; NULL: it never said",
      schema_at: "When it said so, in milliseconds since 1970",
    },
  },
  server_keys: {
    about: "Trusted receipt keys.",
    columns: {
      host: "Upload URL of the server",
      key_id: "ID of the key",
      public_key: "Ed25519 public key in base64",
      pinned_at: "When it became trusted, in milliseconds since 1970",
    },
  },
  imported: {
    about: "Responses and tool uses that were imported from agents' files, so that none counts twice",
    columns: {
      digest: "First 8 bytes of the ID of its event, which is a keyed digest",
      origin: "Row of `origins`",
      day: "The user's calendar day, counted since 1970",
      partial: "What was counted of a response that the files hold only in part, as JSON; else null",
    },
  },
  imports: {
    about: "How far each event log was read, written with the imported events.",
    columns: {
      file: "Name and a digest of the beginning of the log",
      position: "Bytes read",
      imported: "Lines imported",
      read_at: "When, in milliseconds since 1970",
      digest: "SHA-256 of the bytes before the position",
    },
  },
  erased: {
    about: "Erasures of a part: erased events are not imported again.",
    columns: {
      by: "`source`, `workspace` or `period`",
      value: "The source, or the hash of the workspace",
      from_ts: "Erased from, in milliseconds since 1970",
      to_ts: "Erased up to, in milliseconds since 1970",
      from_day: "First erased day of the user's calendar, since 1970; NULL: every day",
      to_day: "The day after the last one",
    },
  },
  leases: {
    about: "Which process uploads, runs maintenance or the local receiver.",
    columns: {
      name: "What is leased",
      owner: "Random ID of the process, with its PID",
      fence: "Grows with each new holder",
      expires_at: "In milliseconds since 1970",
    },
  },
  openers: {
    about: "Processes that have the database open for writing.",
    columns: { id: "Random ID", pid: "Process ID" },
  },
  belongs_to: {
    about: "The installation that the database belongs to.",
    columns: { one: "Always 1", installation: "ID in `installation.json`" },
  },
  state: { about: "Single numbers.", columns: { name: "Name", value: "Value" } },
};

const views: Readonly<Record<string, string>> = {
  events_readable: "Events with the column names of ADR-003, for the sqlite3 shell.",
  sessions_readable: "Sessions with the column names of ADR-003.",
  rollups: "`metrics` and `recent_metrics` together. A bucket can have several rows: add them up.",
  totals_readable:
    "Rollups by local day, with the values of their dimensions: closed days as such, later ones as one row for each hour.",
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

/** Returns table or view → columns, from a database that the migrations create. */
function schema(): ReadonlyMap<string, { readonly isView: boolean; readonly columns: readonly Column[] }> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-schema-"));
  const connection = openWithDriver(join(folder, "x.db"), { readOnly: false, busyTimeoutMs: 0 });
  try {
    migrate(connection);
    const objects = connection
      .prepare(
        "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .all();
    return new Map(
      objects.map(({ name, type }) => {
        const columns = connection
          .prepare('SELECT name, type, "notnull" required, pk FROM pragma_table_xinfo(?)')
          .all(name ?? null)
          .map((row) => ({
            name: String(row["name"]),
            type: String(row["type"]),
            notNull: row["required"] === 1 || Number(row["pk"]) > 0,
          }));
        return [String(name), { isView: type === "view", columns }];
      }),
    );
  } finally {
    connection.close();
    rmSync(folder, { recursive: true });
  }
}

const fieldText = (name: string): string | undefined => {
  const field = fieldNames.find((known) => known === name);
  return field === undefined ? undefined : fieldTable[field].description.replace(/\.$/, "");
};

function tableSection(name: string, columns: readonly Column[]): string {
  const text = tables[name];
  if (text === undefined)
    throw new Error(`The table ${name} has no description in scripts/generate/local-database.ts.`);
  const rows = columns.map((column) => {
    const about = text.columns[column.name] ?? (name === "dimensions" ? fieldText(column.name) : undefined);
    if (about === undefined) throw new Error(`The column ${name}.${column.name} has no description.`);
    return `| \`${column.name}\` | ${column.type}${column.notNull ? "" : ", or NULL"} | ${about.replaceAll("|", "\\|")} |`;
  });
  const missing = Object.keys(text.columns).find((described) => !columns.some((column) => column.name === described));
  if (missing !== undefined) throw new Error(`The table ${name} has no column ${missing}.`);
  return `### \`${name}\`\n\n${text.about}\n\n| Column | Type | Content |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

/** @throws Error if a table, view or column has no description, or a description nothing to describe. */
export function localDatabasePage(): string {
  const found = schema();
  for (const name of [...Object.keys(tables), ...Object.keys(views)])
    if (!found.has(name)) throw new Error(`There is no table or view ${name}.`);
  const sections = [...found]
    .filter(([, { isView }]) => !isView)
    .map(([name, { columns }]) => tableSection(name, columns));
  const viewRows = [...found]
    .filter(([, { isView }]) => isView)
    .map(([name, { columns }]) => {
      const about = views[name];
      if (about === undefined) throw new Error(`The view ${name} has no description.`);
      return `| \`${name}\` | ${about} | ${columns.map((column) => `\`${column.name}\``).join(", ")} |`;
    });
  return `${[
    "# Local database",
    `Generated from the migrations in \`server/store/migrations/\`; schema version ${schemaVersion} (\`PRAGMA user_version\`).`,
    "`~/nexus/state/telemetry.db` is an SQLite database in WAL mode; all tables are STRICT. You may read it with any SQLite program while Nexus Telemetry runs. Do not copy or read the file in another way at that time: a copy can be torn. Use `nexus telemetry export` for a copy, and change nothing by hand.",
    "Every string in it is a value of a closed vocabulary, a random ID, a salted hash, or matches a narrow pattern: see the [data dictionary](data-dictionary.md).",
    "## Views",
    `| View | Content | Columns |\n| --- | --- | --- |\n${viewRows.join("\n")}`,
    "## Tables",
    ...sections,
  ].join("\n\n")}\n`;
}
