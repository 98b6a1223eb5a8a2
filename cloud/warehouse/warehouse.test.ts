/**
 * The warehouse's statements for one node and a cluster, and known pitfalls of the embedded engine.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { oneNode, statementsOf } from "./ddl.ts";
import { computeHours, dropReplaced, nextVersion, recomputeHours, reduceOldHours } from "./rollups.ts";
import { batchesTable, tables, views } from "./schema.ts";
import { Warehouse } from "./warehouse.ts";

const folder = mkdtempSync(join(tmpdir(), "nexus-warehouse-"));
const warehouse = Warehouse.open("chdb", folder);
await warehouse.migrate();
afterAll(async () => {
  await warehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

const user = "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11";
const base = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000;
const time = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace("T", " ");
const line = (n: number, part: object = {}) =>
  JSON.stringify({
    event_id: `0199b0c0-0000-7000-8000-${String(n).padStart(12, "0")}`,
    anon_user_id: user,
    anon_session_id: "0".repeat(64),
    seq: n,
    ts: time(base + n),
    received_at: time(base),
    schema_version: 2,
    source: "nexus_cli",
    event_type: "command_finished",
    command_path: "git push",
    duration_ms: n,
    ...part,
  });
const count = async (sql: string) =>
  Number(Object.values((await warehouse.query<Record<string, unknown>>(sql))[0] ?? {})[0]);

it.each(tables.map((table) => [table.name, table] as const))(
  "creates valid statements for the table %s, on one node and on a cluster",
  async (_name, table) => {
    for (const [cluster, encrypted] of [
      ["", false],
      ["main", false],
      ["main", true],
    ] as const) {
      for (const statement of statementsOf(table, { cluster, encrypted })) {
        const [row] = await warehouse.query<{ text: string }>("SELECT formatQuery({statement:String}) AS text", {
          statement,
        });
        expect(row?.text).toContain(table.name);
        if (cluster !== "") expect(row?.text).toMatch(/ON CLUSTER main/);
        if (encrypted && statement.includes("_local (")) {
          const codecs = row?.text.match(/CODEC\([^\n]*AES_256_GCM_SIV\)/g) ?? [];
          expect(codecs).toHaveLength(Object.keys(table.columns).length);
        }
      }
    }
    expect(statementsOf(table, { cluster: "main", encrypted: false }).join()).toMatch(
      /ReplicatedReplacingMergeTree[\s\S]*Distributed/,
    );
    // The statements can be repeated.
    for (const statement of statementsOf(table, oneNode)) await warehouse.command(statement);
    // The engine accepts the encryption codec for every column type.
    const encryptedTable = { ...table, name: `${table.name}_encrypted` };
    const statements = statementsOf(encryptedTable, { cluster: "", encrypted: true });
    for (const statement of statements) await warehouse.command(statement);
    await warehouse.command(`DROP TABLE ${encryptedTable.name}`);
  },
);

it("does not keep an insert's token on the connection", async () => {
  const before = await count("SELECT count() FROM events FINAL");
  await warehouse.insert("events", [line(1), line(2)], "log:1:0-1:10");
  await warehouse.insert("events", [line(1), line(2)], "log:1:0-1:10");
  await warehouse.insert("events", [line(3)], "log:1:10-1:20");
  await warehouse.command(`INSERT INTO events FORMAT JSONEachRow\n${line(4)}`);
  expect(await count("SELECT count() FROM events")).toBe(before + 4);
});

it("rejects a whole insert if one row is invalid", async () => {
  const before = await count("SELECT count() FROM events");
  await expect(warehouse.insert("events", [line(10), line(11, { ts: "never" })], "log:2:0-2:1")).rejects.toThrow(
    /^Inserting 2 rows into events failed \(\w+\)\.$/,
  );
  expect(await count("SELECT count() FROM events")).toBe(before);
  await warehouse.insert("events", [line(10)], "log:2:0-2:1");
  expect(await count("SELECT count() FROM events")).toBe(before + 1);
});

it("inserts the listed columns and rejects a line with another column", async () => {
  const before = await count("SELECT count() FROM events");
  const columns = Object.keys(JSON.parse(line(20)));
  await warehouse.insert("events", [line(20)], "log:4:0-4:1", columns);
  expect(await count("SELECT count() FROM events WHERE seq = 20 AND duration_ms = 20")).toBe(1);
  const fewer = columns.filter((name) => name !== "duration_ms");
  await expect(warehouse.insert("events", [line(21)], "log:4:1-4:2", fewer)).rejects.toThrow(/into events failed/);
  expect(await count("SELECT count() FROM events")).toBe(before + 1);
});

it("computes hours from deduplicated events, with late, repeated and erased ones", async () => {
  await warehouse.insert(
    "events",
    Array.from({ length: 50 }, (_, n) => line(100 + n)),
    "log:3:0-3:1",
  );
  await warehouse.insert(
    "events",
    Array.from({ length: 50 }, (_, n) => line(100 + n, { received_at: time(base + 5) })),
    "log:3:1-3:2",
  );
  const hour = base / 1_000;
  await recomputeHours(warehouse, [hour], Date.now());
  const distinct = () => count("SELECT count() FROM events FINAL");
  const total = () => count("SELECT sum(events) FROM hourly FINAL");
  expect(await total()).toBe(await distinct());
  // Late.
  await warehouse.insert("events", [line(200)], "log:3:2-3:3");
  await recomputeHours(warehouse, [hour], Date.now());
  expect(await total()).toBe(await distinct());
  expect(await count("SELECT quantilesTDigestMerge(0.5)(durations)[1] FROM hourly FINAL")).toBeGreaterThan(90);
  expect(await count("SELECT uniqExactMerge(users_state) FROM hourly FINAL")).toBe(1);
  // The clock was set back.
  await warehouse.insert("events", [line(201)], "log:3:3-3:4");
  await recomputeHours(warehouse, [hour], Date.now() - 3_600_000);
  expect(await total()).toBe(await distinct());
  // `always` deletes replaced cells.
  const version = await nextVersion(warehouse, [hour], Date.now());
  await computeHours(warehouse, [hour], version);
  await dropReplaced(warehouse, [hour], version, true);
  const all = await count("SELECT count() FROM hourly");
  expect(all).toBe(await count("SELECT count() FROM hourly FINAL"));
  expect(await total()).toBe(await distinct());
  // Cells without events are deleted.
  await warehouse.erase("events", "anon_user_id = {id:UUID}", { id: user });
  await recomputeHours(warehouse, [hour], Date.now());
  expect([await distinct(), await total(), await count("SELECT count() FROM hourly")]).toEqual([0, 0, 0]);
});

it("keeps large cells of old hours without pseudonyms and deletes small ones", async () => {
  const old = Math.floor((Date.now() / 1_000 - 100 * 86_400) / 3_600) * 3_600;
  const cell = (type: string, users: number, counted: number) =>
    warehouse.command(
      `INSERT INTO hourly (hour, event_type, version, events, users, users_state, counted_users, counted_state)
       SELECT toDateTime(${old}), '${type}', 1, 5, ${users}, arrayReduce('uniqExactState', [toUUID('${user}')]),
         ${counted}, arrayReduce('uniqExactState', [toUUID('${user}')])`,
    );
  await cell("agent_event", 3, 3);
  await cell("command_finished", 12, 2);
  expect(await reduceOldHours(warehouse, Date.now(), 3)).toBe(1);
  const rows = await warehouse.query(
    `SELECT event_type, toUInt8(events) AS events, toUInt8(users) AS users, toUInt8(finalizeAggregation(users_state)) AS in_state,
       toUInt8(finalizeAggregation(counted_state)) AS counted
     FROM hourly WHERE hour = toDateTime(${old})`,
  );
  expect(rows).toEqual([{ event_type: "agent_event", events: 5, users: 3, in_state: 0, counted: 0 }]);
  // A minimum of one keeps all cells.
  expect(await reduceOldHours(warehouse, Date.now(), 1)).toBe(0);
});

it("migrates batches that were keyed by ID only and keeps those of two pseudonyms separate", async () => {
  await warehouse.command("DROP TABLE batches");
  const before = { ...batchesTable, order: ["batch_id"] };
  for (const statement of statementsOf(before, oneNode)) await warehouse.command(statement);
  const batch = (anon_user_id: string) =>
    JSON.stringify({ batch_id: user, anon_user_id, sha256: "0".repeat(64), receipt: "r", received_at: time(base) });
  await warehouse.insert("batches", [batch(user)], "log:9:0-9:1");
  // Warehouses of those versions have no version table.
  await warehouse.command("DROP TABLE schema_version SYNC");
  await warehouse.migrate();
  await warehouse.migrate();
  await warehouse.insert("batches", [batch("5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d12")], "log:9:1-9:2");
  expect(await count("SELECT count() FROM batches FINAL")).toBe(2);
});

it("derives sessions and users of the events that an earlier version stored", async () => {
  await warehouse.insert("events", [line(400), line(401, { anon_session_id: "1".repeat(64) })], "log:10:0-10:1");
  for (const table of ["session_hours", "users", "schema_version"]) await warehouse.command(`DROP TABLE ${table} SYNC`);
  await warehouse.command("CREATE TABLE schema_version (version UInt32) ENGINE = MergeTree ORDER BY version");
  await warehouse.command("INSERT INTO schema_version VALUES (4)");
  await warehouse.migrate();
  expect(await count("SELECT uniqExact(anon_session_id) FROM session_hours FINAL")).toBe(2);
  expect(await count(`SELECT toUnixTimestamp64Milli(first_seen) FROM users FINAL`)).toBe(base + 400);
  // A late event of an hour that was computed less often than the user's others.
  await recomputeHours(warehouse, [base / 1_000], Date.now());
  await warehouse.insert("events", [line(402, { ts: time(base - 18_000_000) })], "log:10:1-10:2");
  await recomputeHours(warehouse, [base / 1_000 - 18_000], Date.now() - 60_000);
  expect(await count(`SELECT toUnixTimestamp64Milli(first_seen) FROM users FINAL`)).toBe(base - 18_000_000);
  await warehouse.erase("events", "seq >= 400", {});
  await recomputeHours(warehouse, [base / 1_000 - 18_000, base / 1_000], Date.now());
});

it("reports the result of each mutation, even if another one fails", async () => {
  await warehouse.insert("events", [line(300), line(301)], "log:8:0-8:1");
  const [failed, done] = await Promise.allSettled([
    warehouse.mutate("events", "DELETE WHERE seq = 300 AND throwIf(seq = 300, 'no room') = 1", {}),
    warehouse.erase("events", "seq = 301", {}),
  ]);
  expect([failed.status, done.status]).toEqual(["rejected", "fulfilled"]);
  expect(await count("SELECT count() FROM events WHERE seq = 301")).toBe(0);
  expect(await count("SELECT count() FROM events WHERE seq = 300")).toBe(1);
  await warehouse.erase("events", "seq = 300", {});
});

it("does not recompute hours whose events may have expired", async () => {
  const old = Math.floor((Date.now() / 1_000 - 100 * 86_400) / 3_600) * 3_600;
  expect(await recomputeHours(warehouse, [old], Date.now())).toEqual([]);
});

it("changes no table at a start when the schema is current", async () => {
  const altered = () =>
    count("SELECT count() FROM system.tables WHERE metadata_modification_time > now() - INTERVAL 1 SECOND");
  await expect.poll(altered, { timeout: 5_000 }).toBe(0);
  await warehouse.migrate();
  expect(await altered()).toBe(0);
});

it("belongs to the migrations: a changed table or view needs a new step", () => {
  const statements = [...tables.flatMap((table) => statementsOf(table, oneNode)), JSON.stringify(views)];
  // After a change of the schema: add a step in migrate.ts, then write the new digest here.
  expect(createHash("sha256").update(statements.join("\n")).digest("hex").slice(0, 16)).toBe("71542921551ee20e");
});
