import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { productInfo } from "../worker/product-info.ts";
import { dimensionColumns } from "./columns.ts";
import { openWithDriver } from "./driver/select-driver.ts";
import { totals } from "./events/write.ts";
import { NewerDatabaseError, schemaVersion } from "./migrations/migrate.ts";
import { storageProblem } from "./storage-errors.ts";
import { Store } from "./store.ts";

function newStore(file = join(tempFolder(), "state", "telemetry.db")) {
  return { file, store: new Store(file, productInfo, new FixedClock(Date.UTC(2026, 10, 21))) };
}

const uses = (count: number) => Array.from({ length: count }, () => cleanToolUse());

describe("store", () => {
  it("numbers the events that their source did not number, each new one once", () => {
    const { store } = newStore();
    const session_id = v4();
    const events = Array.from({ length: 3 }, () => cleanToolUse({}, { session_id, seq: 0 }));
    expect(store.write(events)).toMatchObject({ stored: 3, repeated: 0 });
    expect(store.write([...events, cleanToolUse({}, { session_id, seq: 0 })])).toMatchObject({
      stored: 1,
      repeated: 3,
    });
    store.write([cleanToolUse({}, { session_id, seq: 9 }), cleanToolUse({}, { session_id, seq: 0 })]);
    const numbers = store.read((connection) => connection.prepare("SELECT seq FROM events ORDER BY id").all());
    expect(numbers?.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 9, 10]);
    store.close();
  });

  it("invariant: off-means-nothing: reading, counting, exporting nothing and erasing create no database", () => {
    const { file, store } = newStore();
    expect(store.totals()).toBeUndefined();
    expect(store.read(totals)).toBeUndefined();
    expect(store.erase()).toEqual({
      events: 0,
      sessions: 0,
      freedBytes: 0,
      searched: 0,
      found: 0,
      copies: [],
    });
    expect(existsSync(join(file, ".."))).toBe(false);
  });

  it("invariant: never-lost-never-twice: a repeated event changes nothing", () => {
    const { store } = newStore();
    const events = uses(3);
    expect(store.write(events)).toMatchObject({ stored: 3, repeated: 0 });
    const before = store.totals();
    expect(store.write([...events, ...uses(1)])).toMatchObject({ stored: 1, repeated: 3 });
    expect(store.totals()).toMatchObject({ events: 4, oldestMs: before?.oldestMs });
    store.close();
  });

  it("invariant: never-lost-never-twice: numbered and unnumbered events of one stream never collide", () => {
    const { store } = newStore();
    const session_id = v4();
    const event = (seq: number) => cleanToolUse({}, { session_id, seq });
    const events = [event(1), event(0), event(2), event(7), event(7), event(0)];
    expect(store.write(events)).toMatchObject({ stored: 6, repeated: 0 });
    expect(store.write(events)).toMatchObject({ stored: 0, repeated: 6 });
    const numbers = store.read((connection) => connection.prepare("SELECT seq FROM events ORDER BY id").all());
    expect(numbers?.map(({ seq }) => seq)).toEqual([1, 2, 3, 7, 8, 9]);
    store.close();
  });

  it("counts the numbers that never came, from where a stream was seen first", () => {
    const { store } = newStore();
    const session_id = v4();
    const missing = () => store.totals()?.missing;
    const write = (...numbers: readonly number[]) =>
      store.write(numbers.map((seq) => cleanToolUse({}, { session_id, seq })));
    write(5, 6, 9);
    expect(missing()).toBe(2);
    write(8, 3);
    expect(missing()).toBe(2);
    write(7, 4);
    expect(missing()).toBe(0);
    store.close();
  });

  it("keeps the session true while events arrive, in any order", () => {
    const { store } = newStore();
    const session_id = v4();
    const at = Date.now() - 10_000;
    store.write([at + 500, at, at + 900].map((ts, index) => cleanToolUse({}, { session_id, ts, seq: index + 1 })));
    const session = store.read((connection) => connection.prepare("SELECT * FROM sessions").get());
    expect(session).toMatchObject({
      session_id,
      started_at: at,
      ended_at: at + 900,
      duration_ms: 900,
      version: "0.0.0",
    });
    store.close();
  });

  it("has a column for every field of every event", () => {
    const { store } = newStore();
    store.write(uses(1));
    const columns = store.read((connection) => connection.prepare("PRAGMA table_info(dimensions)").all()) ?? [];
    const kept = new Map(columns.map(({ name, type }) => [name, type]));
    for (const [name, type] of dimensionColumns) expect([name, kept.get(name)]).toEqual([name, type]);
    store.close();
  });

  it("leaves no file behind by reading", () => {
    const { file, store } = newStore();
    store.write(uses(3));
    store.close();
    expect(new Store(file, productInfo, new FixedClock(0)).totals()).toMatchObject({ events: 3 });
    expect(readdirSync(join(file, ".."))).toEqual(["telemetry.db"]);
  });

  it("does not write through a connection that reads", () => {
    const { file, store } = newStore();
    store.write(uses(1));
    store.close();
    const reader = new Store(file, productInfo, new FixedClock(0));
    expect(() => reader.read((connection) => connection.exec("DELETE FROM events"))).toThrow(/readonly|query_only/);
  });

  it("notices a file that was replaced while it was open, and stores into the new one", () => {
    const { file, store } = newStore();
    store.write(uses(5));
    renameSync(file, `${file}.elsewhere`);
    const other = new Store(file, productInfo, new FixedClock(0));
    other.write(uses(2));
    expect(store.write(uses(1))).toMatchObject({ stored: 1, repeated: 0 });
    expect(other.totals()).toMatchObject({ events: 3 });
    for (const one of [store, other]) one.close();
  });

  it("is set up to lose nothing and to erase", () => {
    const { store } = newStore();
    store.write(uses(1));
    const pragma = (name: string) =>
      store.read((connection) => Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("secure_delete")).toBe(1);
    expect(pragma("auto_vacuum")).toBe(2);
    expect(pragma("user_version")).toBe(schemaVersion);
    store.close();
  });

  it("makes folders 0700 and files 0600, whatever the umask", () => {
    const before = process.umask(0);
    try {
      const { file, store } = newStore();
      store.write(uses(1));
      const folder = join(file, "..");
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      expect(readdirSync(folder)).toHaveLength(3);
      store.close();
    } finally {
      process.umask(before);
    }
  });
});

describe("erase", () => {
  it("leaves no byte of what was stored, and says what it freed", () => {
    const { file, store } = newStore();
    const events = uses(500);
    store.write(events);
    expect(store.erase()).toMatchObject({ events: 500, sessions: 1 });
    expect(store.totals()).toMatchObject({ events: 0, sessions: 0 });
    store.close();
    const bytes = readFileSync(file, "latin1");
    for (const { id, sessionId } of events) {
      expect(bytes.includes(id) || bytes.includes(sessionId)).toBe(false);
    }
  });

  it("names the copies beside the database that still hold it", () => {
    const { file, store } = newStore();
    store.write(uses(20));
    store.close();
    const copy = join(file, "..", "telemetry.sync-conflict-20261125-101112-ABCDEFG.db");
    copyFileSync(file, copy);
    writeFileSync(join(file, "..", "notes.txt"), "nothing of it");
    expect(store.erase()).toMatchObject({ events: 20, found: 0, copies: [copy] });
    store.close();
  });

  it("takes the databases that were set aside as well", () => {
    const { file, store } = newStore();
    store.write(uses(200));
    store.close();
    const size = statSync(file).size;
    writeFileSync(file, Buffer.alloc(size, "damaged "));
    expect(store.erase()).toMatchObject({ events: 0 });
    store.close();
    expect(readdirSync(join(file, ".."))).toEqual(["telemetry.db"]);
  });

  it("says so when another process is reading, and succeeds when tried again", () => {
    const { file, store } = newStore();
    store.write(uses(10));
    const reader = openWithDriver(file, { readOnly: true, busyTimeoutMs: 0 });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM events").get();
    expect(() => store.erase()).toThrow("another process is reading");
    reader.exec("COMMIT");
    reader.close();
    expect(store.erase()).toMatchObject({ events: 0 });
    expect(store.totals()).toMatchObject({ events: 0 });
    store.close();
  });
});

describe("an unsound database", () => {
  it.each([
    ["garbage", () => Buffer.alloc(8192, "not a database ")],
    ["a cut file", (whole: Buffer) => whole.subarray(0, 3000)],
    [
      "a damaged page",
      (whole: Buffer) => Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 7)]),
    ],
  ])("%s is set aside under a dated name, and a new one begun", (_, damage) => {
    const { file, store } = newStore();
    store.write(uses(200));
    store.close();
    writeFileSync(file, damage(readFileSync(file)));
    const attempt = () => store.write(uses(1));
    try {
      attempt();
    } catch {
      attempt();
    }
    expect(store.quarantined).toBe(`${file}.unsound-2026-11-21T00-00-00-000Z`);
    expect(existsSync(store.quarantined ?? "")).toBe(true);
    expect(store.totals()).toMatchObject({ events: 1 });
    store.close();
  });

  it("of a newer version is left as it is", () => {
    const { file, store } = newStore();
    store.write(uses(1));
    store.close();
    const newer = openWithDriver(file, { readOnly: false, busyTimeoutMs: 0 });
    newer.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    newer.close();
    expect(() => store.write(uses(1))).toThrow(NewerDatabaseError);
    expect(readdirSync(join(file, ".."))).toEqual(["telemetry.db"]);
  });
});

describe("problems in words", () => {
  const withCode = (code: string) => Object.assign(new Error("secret detail"), { code });
  it.each([
    ["SQLITE_FULL", "disk_full"],
    ["ENOSPC", "disk_full"],
    ["SQLITE_BUSY_SNAPSHOT", "database_locked"],
    ["EACCES", "read_only"],
    ["SQLITE_READONLY_DBMOVED", "read_only"],
    ["SQLITE_CANTOPEN", "read_only"],
    ["SQLITE_IOERR_READ", "storage_failing"],
    ["EIO", "storage_failing"],
    ["", "internal"],
    ["UND_ERR_INVALID_ARG", "internal"],
    ["ERR_INVALID_ARG_TYPE", "internal"],
  ])("%s is %s", (code, kind) => {
    const problem = storageProblem(withCode(code), "/x/telemetry.db");
    expect(problem.kind).toBe(kind);
    // What neither SQLite nor the file system reports says nothing about a file.
    expect(problem.text.includes("/x/telemetry.db")).toBe(kind !== "internal");
    expect(problem.text).not.toContain("secret detail");
  });

  it("names the file that failed", () => {
    expect(storageProblem(Object.assign(withCode("EACCES"), { path: "/y" }), "/x").text).toContain(
      "/y cannot be written",
    );
  });
});
