import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createOldDatabase, oldEvents } from "../../../test/fixtures/old-database.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { systemClock } from "../../clock.ts";
import { productInfo } from "../../worker/product-info.ts";
import { openWithDriver } from "../driver/select-driver.ts";
import { uuidText } from "../events/uuid-bytes.ts";
import { canonicalRollups, recountAll } from "../rollups/rollups.ts";
import { readNumber } from "../state.ts";
import { Store } from "../store.ts";
import { schemaVersion, versionOf } from "./migrate.ts";

describe("migration", () => {
  it.each(Array.from({ length: schemaVersion - 1 }, (_, n) => n + 1))(
    "keeps events and rollups from version %i",
    (version) => {
      const file = join(tempFolder(), "telemetry.db");
      const ids = createOldDatabase(file, version, 1_780_000_000_000);
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
        expect(migrated.reduce((total, { count }) => total + Number(count), 0)).toBe(oldEvents);
        recountAll(connection);
        expect(rollups()).toEqual(migrated);
        expect(connection.prepare("SELECT last_seq, received FROM streams ORDER BY id").all()).toEqual([
          { last_seq: 1, received: 1 },
          { last_seq: oldEvents - 1, received: oldEvents - 1 },
        ]);
      });
      store.close();
    },
  );

  it("keeps until when an earlier version deleted everything", () => {
    for (const mark of [0, 7]) {
      const file = join(tempFolder(), "telemetry.db");
      createOldDatabase(file, schemaVersion - 1, 1_780_000_000_000);
      const store = new Store(file, productInfo, systemClock);
      const old = openWithDriver(file, { readOnly: false, busyTimeoutMs: 0 });
      old.exec(`UPDATE state SET value = ${mark} WHERE name = 'purge_mark';
        UPDATE state SET value = 1770000000000 WHERE name = 'floor_ts'`);
      old.close();
      expect(store.withDatabase((connection) => readNumber(connection, "purged_until"))).toBe(
        mark === 0 ? 0 : 1_770_000_000_000,
      );
      store.close();
    }
  });

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
