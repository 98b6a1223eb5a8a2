import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { englishOf } from "../../test/fixtures/message-text.ts";
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

const toolCalls = (count: number) => Array.from({ length: count }, () => cleanToolUse());

describe("store", () => {
  it("assigns a sequence number once to each new event without one", () => {
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

  it("invariant: off-means-nothing: creates no database when reading, counting or erasing", () => {
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

  it("invariant: never-lost-never-twice: ignores a repeated event", () => {
    const { store } = newStore();
    const events = toolCalls(3);
    expect(store.write(events)).toMatchObject({ stored: 3, repeated: 0 });
    const before = store.totals();
    expect(store.write([...events, ...toolCalls(1)])).toMatchObject({ stored: 1, repeated: 3 });
    expect(store.totals()).toMatchObject({ events: 4, oldestMs: before?.oldestMs });
    store.close();
  });

  it("invariant: never-lost-never-twice: stores numbered and unnumbered events of one stream", () => {
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

  it("counts missing sequence numbers from the first one of a stream", () => {
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

  it("updates the session when events arrive out of order", () => {
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
    store.write(toolCalls(1));
    const columns = store.read((connection) => connection.prepare("PRAGMA table_info(dimensions)").all()) ?? [];
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    for (const [name, type] of dimensionColumns) expect([name, types.get(name)]).toEqual([name, type]);
    store.close();
  });

  it("leaves no side files after reading", () => {
    const { file, store } = newStore();
    store.write(toolCalls(3));
    store.close();
    expect(new Store(file, productInfo, new FixedClock(0)).totals()).toMatchObject({ events: 3 });
    expect(readdirSync(join(file, ".."))).toEqual(["telemetry.db"]);
  });

  it("cannot write through a read-only connection", () => {
    const { file, store } = newStore();
    store.write(toolCalls(1));
    store.close();
    const reader = new Store(file, productInfo, new FixedClock(0));
    expect(() => reader.read((connection) => connection.exec("DELETE FROM events"))).toThrow(/readonly|query_only/);
  });

  it("detects that the open file was replaced and writes to the new one", () => {
    const { file, store } = newStore();
    store.write(toolCalls(5));
    renameSync(file, `${file}.elsewhere`);
    const other = new Store(file, productInfo, new FixedClock(0));
    other.write(toolCalls(2));
    expect(store.write(toolCalls(1))).toMatchObject({ stored: 1, repeated: 0 });
    expect(other.totals()).toMatchObject({ events: 3 });
    for (const opened of [store, other]) opened.close();
  });

  it("sets the pragmas for durability and erasure", () => {
    const { store } = newStore();
    store.write(toolCalls(1));
    const pragma = (name: string) =>
      store.read((connection) => Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("secure_delete")).toBe(1);
    expect(pragma("auto_vacuum")).toBe(2);
    expect(pragma("user_version")).toBe(schemaVersion);
    store.close();
  });

  it("creates folders with mode 0700 and files with 0600 regardless of the umask", () => {
    const before = process.umask(0);
    try {
      const { file, store } = newStore();
      store.write(toolCalls(1));
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
  it("leaves no stored ID in the file and reports the erased rows", () => {
    const { file, store } = newStore();
    const events = toolCalls(500);
    store.write(events);
    expect(store.erase()).toMatchObject({ events: 500, sessions: 1 });
    expect(store.totals()).toMatchObject({ events: 0, sessions: 0 });
    store.close();
    const bytes = readFileSync(file, "latin1");
    for (const { id, sessionId } of events) {
      expect(bytes.includes(id) || bytes.includes(sessionId)).toBe(false);
    }
  });

  it("lists copies in the database folder that still contain erased IDs", () => {
    const { file, store } = newStore();
    store.write(toolCalls(20));
    store.close();
    const copy = join(file, "..", "telemetry.sync-conflict-20261125-101112-ABCDEFG.db");
    copyFileSync(file, copy);
    writeFileSync(join(file, "..", "notes.txt"), "no erased ID");
    expect(store.erase()).toMatchObject({ events: 20, found: 0, copies: [copy] });
    store.close();
  });

  it("also deletes quarantined databases", () => {
    const { file, store } = newStore();
    store.write(toolCalls(200));
    store.close();
    const size = statSync(file).size;
    writeFileSync(file, Buffer.alloc(size, "damaged "));
    expect(store.erase()).toMatchObject({ events: 0 });
    store.close();
    expect(readdirSync(join(file, ".."))).toEqual(["telemetry.db"]);
  });

  it("fails while another process is reading, and succeeds when repeated", () => {
    const { file, store } = newStore();
    store.write(toolCalls(10));
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

describe("corrupt or newer database", () => {
  it.each([
    ["garbage", () => Buffer.alloc(8192, "not a database ")],
    ["a truncated file", (bytes: Buffer) => bytes.subarray(0, 3000)],
    [
      "overwritten pages",
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 7)]),
    ],
  ])("quarantines %s under a dated name and creates a new database", (_, damage) => {
    const { file, store } = newStore();
    store.write(toolCalls(200));
    store.close();
    writeFileSync(file, damage(readFileSync(file)));
    const attempt = () => store.write(toolCalls(1));
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

  it("does not change a database of a newer version", () => {
    const { file, store } = newStore();
    store.write(toolCalls(1));
    store.close();
    const newer = openWithDriver(file, { readOnly: false, busyTimeoutMs: 0 });
    newer.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    newer.close();
    expect(() => store.write(toolCalls(1))).toThrow(NewerDatabaseError);
    expect(readdirSync(join(file, ".."))).toEqual(["telemetry.db"]);
  });
});

describe("storage problem", () => {
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
  ])("maps code %j to %s", (code, kind) => {
    const problem = storageProblem(withCode(code), "/x/telemetry.db");
    expect(problem.kind).toBe(kind);
    // Only errors of SQLite and the file system name a file.
    expect(englishOf(problem.message).includes("/x/telemetry.db")).toBe(kind !== "internal");
    expect(englishOf(problem.message)).not.toContain("secret detail");
  });

  it("names the file that failed", () => {
    expect(englishOf(storageProblem(Object.assign(withCode("EACCES"), { path: "/y" }), "/x").message)).toContain(
      "/y is not writable",
    );
  });
});

it("does not create a database again whose folder is being deleted", () => {
  const { store, file } = newStore();
  store.write([cleanToolUse()]);
  // The main file is deleted first; what is left of the WAL has a size.
  rmSync(file);
  writeFileSync(`${file}-wal`, "rest");
  expect(store.withExistingDatabase(() => "used")).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  store.close();
});
