import { join } from "node:path";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { systemClock } from "../../clock.ts";
import { productInfo } from "../../worker/product-info.ts";
import { parseMeasures } from "../columns.ts";
import type { Connection, SqlValue } from "../driver/driver.ts";
import { openWithDriver } from "../driver/select-driver.ts";
import { uuidText } from "../events/uuid-bytes.ts";
import { localHour } from "../rollups/local-time.ts";
import { canonicalRollups, cellsOf, HourlyTotals, recountAll } from "../rollups/rollups.ts";
import { Store } from "../store.ts";
import { migrate, schemaVersion, versionOf } from "./migrate.ts";

const events = 200;

/** Creates a database of an earlier version. */
function createDatabase(version: number) {
  const file = join(tempFolder(), "telemetry.db");
  const connection = openWithDriver(file, { readOnly: false, busyTimeoutMs: 0 });
  connection.exec("PRAGMA auto_vacuum = INCREMENTAL");
  // Insert the rows into the wide table of version 2, then migrate them.
  migrate(connection, Math.min(version, 2));
  const session = [
    v4(),
    1_780_000_000_000,
    1_780_000_900_000,
    "nexus-telemetry",
    "0.1.0",
    "linux",
    "x86_64",
    "22.15.0",
  ];
  connection
    .prepare(
      `INSERT INTO sessions (session_id, started_at, ended_at, product, version, os, arch, runtime_version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(...(session as SqlValue[]));
  const columns = "event_id, session, source, seq, ts, utc_offset_min, event_type";
  const insert = connection.prepare(
    `INSERT INTO events (${columns}, stream, tool_name, tool_phase, command_path, status, exit_class, duration_ms, dropped_count)
     VALUES (?, 1, ?, ?, ?, 120, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const ids = Array.from({ length: events }, (_, n) => {
    const id = v7();
    const ts = 1_780_000_000_000 + n * 4_000;
    if (n === 0) insert.run(id, "vscode", 1, ts, "events_dropped", null, null, null, null, null, null, null, 3);
    else {
      const command = n % 2 === 0 ? "git status" : "ls";
      insert.run(
        id,
        "vscode_terminal",
        n,
        ts,
        "agent_event",
        "tool",
        "run_terminal_cmd",
        "end",
        command,
        "ok",
        "success",
        n,
        null,
      );
    }
    return id;
  });
  migrate(connection, version);
  if (version >= 3) insertRollups(connection);
  connection.close();
  return { file, ids };
}

/** Inserts the rollups that versions with the table `words` updated with each write. */
function insertRollups(connection: Connection): void {
  const totals = new HourlyTotals();
  for (const row of connection.prepare("SELECT * FROM events").all()) {
    const { ts, duration_ms: ms, numbers, dimensions = row["words"] } = row;
    totals.add(
      localHour(Number(ts), 120),
      Number(dimensions),
      ms === null ? undefined : Number(ms),
      parseMeasures(numbers),
    );
  }
  const insert = connection.prepare("INSERT INTO metrics VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const { hour, dimensions, totals: sum } of totals) insert.run(hour, dimensions, ...cellsOf(sum));
}

describe("migration", () => {
  it.each(Array.from({ length: schemaVersion - 1 }, (_, n) => n + 1))(
    "keeps events and rollups from version %i",
    (version) => {
      const { file, ids } = createDatabase(version);
      const store = new Store(file, productInfo, systemClock);
      store.write([]);
      store.withExistingDatabase((connection) => {
        expect(versionOf(connection)).toBe(schemaVersion);
        const rows = connection.prepare("SELECT event_id FROM events ORDER BY id").all();
        expect(rows.map((row) => uuidText(row["event_id"]))).toEqual(ids);
        const readable = connection.prepare("SELECT * FROM events_readable ORDER BY id").all();
        expect(readable[0]).toMatchObject({ event_type: "events_dropped", command: null });
        expect(readable[2]).toMatchObject({
          event_type: "agent_event",
          command: "git status",
          success: 1,
          duration_ms: 2,
        });
        const rollups = () => canonicalRollups(connection);
        const migrated = rollups();
        expect(migrated.reduce((total, { count }) => total + Number(count), 0)).toBe(events);
        recountAll(connection);
        expect(rollups()).toEqual(migrated);
        expect(connection.prepare("SELECT last_seq, received FROM streams ORDER BY id").all()).toEqual([
          { last_seq: 1, received: 1 },
          { last_seq: events - 1, received: events - 1 },
        ]);
      });
      store.close();
    },
  );

  it("has views with the column names of ADR-003", () => {
    const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
    store.write([]);
    const names = (view: string) =>
      store
        .read((connection) => connection.prepare(`PRAGMA table_info(${view})`).all())
        ?.map(({ name }) => String(name)) ?? [];
    const expected = {
      events_readable:
        "id timestamp session_id event_type workspace_hash task_hash command duration_ms success error_category template_used services_count ports_used",
      sessions_readable:
        "id session_id started_at ended_at duration_ms commands_executed workspaces_created tasks_completed errors_encountered",
    };
    for (const [view, columns] of Object.entries(expected)) {
      expect(names(view)).toEqual(expect.arrayContaining(columns.split(" ")));
    }
    store.close();
  });
});
