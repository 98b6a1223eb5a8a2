/** Integrity and privacy of the database files: the lock trap, crashes, file modes. */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { productInfo } from "../worker/product-info.ts";
import { openWithDriver } from "./driver/select-driver.ts";
import { findErasedIds } from "./erase-check.ts";
import { Store } from "./store.ts";

const newStore = (folder = tempFolder()) => new Store(join(folder, "state", "telemetry.db"), productInfo, systemClock);
const toolCalls = (count: number) => Array.from({ length: count }, () => cleanToolUse());
const eventsIn = (store: Store) => store.totals()?.events;

describe("the lock trap", () => {
  it("loses no event when the files are searched while two connections are open", () => {
    const store = newStore();
    const first = toolCalls(50);
    store.write(first);
    const other = new Store(store.file, productInfo, systemClock);
    other.write(toolCalls(50));
    const ids = first.slice(0, 5).map(({ id }) => id.replaceAll("-", ""));
    expect(findErasedIds([store.file, `${store.file}-wal`], ids)).toMatchObject({ searched: 5, found: 5 });
    other.close();
    store.write(toolCalls(50));
    store.close();
    const reopened = new Store(store.file, productInfo, systemClock);
    expect(eventsIn(reopened)).toBe(150);
    reopened.close();
  });

  it("loses no later event when data is erased and verified while another connection writes", () => {
    const store = newStore();
    store.write(toolCalls(20));
    const other = new Store(store.file, productInfo, systemClock);
    other.write([]);
    expect(store.erase()).toMatchObject({ events: 20, searched: 21, found: 0 });
    const later = Array.from({ length: 10 }, () => cleanToolUse({}, { ts: Date.now() + 1_000 }));
    expect(other.write(later)).toMatchObject({ stored: 10, repeated: 0 });
    store.close();
    other.close();
    const reopened = new Store(store.file, productInfo, systemClock);
    expect(eventsIn(reopened)).toBe(10);
    reopened.close();
  });
});

describe("crash recovery", () => {
  /** Leaves the opener entry of a process that no longer exists, as a crash does. */
  function crash(store: Store): void {
    const pid = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    store.withExistingDatabase((connection) =>
      connection.prepare("INSERT INTO openers VALUES ('crashed', ?)").run(pid),
    );
    store.close();
  }

  it("continues with an intact database and removes the crashed opener", () => {
    const store = newStore();
    store.write(toolCalls(3));
    crash(store);
    store.write(toolCalls(1));
    expect(eventsIn(store)).toBe(4);
    const openers = store.read((connection) => connection.prepare("SELECT pid FROM openers").all());
    expect(openers).toEqual([{ pid: process.pid }]);
    expect(store.quarantined).toBeUndefined();
    store.close();
  });

  it("detects a corrupt database at opening and quarantines it", () => {
    const store = newStore();
    store.write(toolCalls(400));
    crash(store);
    // Pages that a normal write would not touch.
    const pages = statSync(store.file).size / 4096;
    const file = openSync(store.file, "r+");
    for (let page = pages - 8; page < pages - 2; page += 1) {
      writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, 4096 * Math.floor(page));
    }
    closeSync(file);
    store.write(toolCalls(1));
    expect(store.quarantined).toMatch(/unsound/);
    expect(eventsIn(store)).toBe(1);
    store.close();
  });

  it("leaves no opener entry after a normal close", () => {
    const store = newStore();
    store.write(toolCalls(1));
    store.close();
    const connection = openWithDriver(store.file, { readOnly: true, busyTimeoutMs: 0 });
    expect(connection.prepare("SELECT count(*) n FROM openers").get()).toEqual({ n: 0 });
    connection.close();
  });
});

describe("files", () => {
  it("are private to the user, even under umask 000", () => {
    const before = process.umask(0);
    const store = newStore();
    try {
      store.write(toolCalls(5));
      const folder = join(store.file, "..");
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      const names = readdirSync(folder);
      expect(names.sort()).toEqual(["telemetry.db", "telemetry.db-shm", "telemetry.db-wal"]);
      for (const name of names) expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    } finally {
      process.umask(before);
      store.close();
    }
  });

  it("can be read by any SQLite library, with ADR-003's column names", () => {
    const store = newStore();
    store.write([cleanToolUse({ command_line: "git status", exit_code: 1 })]);
    store.close();
    // In a separate process: two SQLite libraries in one would release each other's locks.
    const query = `
      const { DatabaseSync } = require("node:sqlite");
      const row = new DatabaseSync(process.argv[1]).prepare("SELECT command, success FROM events_readable").get();
      console.log(JSON.stringify(row));`;
    const { status, stdout } = spawnSync(process.execPath, ["--no-warnings", "-e", query, store.file], {
      encoding: "utf8",
    });
    expect([status, JSON.parse(stdout)]).toEqual([0, { command: "git status", success: 0 }]);
  });
});
