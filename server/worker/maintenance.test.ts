import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { englishOf } from "../../test/fixtures/message-text.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { databaseSize } from "../store/database.ts";
import { acquire, leaseMs } from "../store/lease.ts";
import type { Limits } from "../store/retention.ts";
import { Store } from "../store/store.ts";
import { appendEntry } from "../upload/ledger/ledger.ts";
import { compress } from "../upload/wire/compression.ts";
import { Maintenance } from "./maintenance.ts";
import { productInfo } from "./product-info.ts";

const dayMs = 24 * 60 * 60 * 1000;
const nowMs = Date.UTC(2026, 6, 15, 10);
const unlimitedBytes = 1024 ** 3;

function setUp() {
  const clock = new FixedClock(nowMs);
  const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, clock);
  const failures: unknown[] = [];
  const maintenance = new Maintenance(store, clock, (error) => failures.push(error));
  const count = (sql: string) => Number(store.read((connection) => connection.prepare(sql).get())?.["n"]);
  /** Runs maintenance to its end: each step is one turn of the event loop. */
  const run = async (limits: Omit<Limits, "ledgerBodyDays"> & Partial<Limits>, turns = 3_000) => {
    maintenance.stored({ ledgerBodyDays: undefined, ...limits });
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    expect(failures).toEqual([]);
  };
  const write = (days: readonly number[], each = 1) => {
    const session_id = v4();
    const events = days.flatMap((day) =>
      Array.from({ length: each }, () => cleanToolUse({}, { ts: nowMs - day * dayMs, session_id })),
    );
    store.write(events);
  };
  return { clock, store, maintenance, failures, count, run, write };
}

describe("maintenance", () => {
  it("expires events by age and keeps their rollups", async () => {
    const { store, count, run, write } = setUp();
    write([1, 89, 91, 200]);
    await run({ retentionDays: 90, maxBytes: unlimitedBytes });
    expect(count("SELECT count(*) n FROM events")).toBe(2);
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 0")).toBe(4);
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 1")).toBe(4);
    expect(count("SELECT count(*) n FROM sessions")).toBe(1);
    store.close();
  });

  it("expires totals after rollup_retention_days, and sessions whose events have expired", async () => {
    const { clock, store, count, run, write } = setUp();
    write([10, 100]);
    write([200]);
    await run({ retentionDays: 90, maxBytes: unlimitedBytes });
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 0")).toBe(3);
    clock.tsMs += 2 * 60 * 60 * 1000;
    await run({ retentionDays: 90, maxBytes: unlimitedBytes, rollupRetentionDays: 120 });
    for (const grain of [0, 1]) expect(count(`SELECT sum(count) n FROM rollups WHERE grain = ${grain}`)).toBe(2);
    expect(count("SELECT count(*) n FROM sessions")).toBe(1);
    expect(count("SELECT count(*) n FROM events")).toBe(1);
    store.close();
  });

  it("drops ledger bodies after ledger_body_days and keeps the entries", async () => {
    const { store, count, run, write } = setUp();
    write([1]);
    const entry = (day: number) =>
      ({
        phase: "sending",
        ts: nowMs - day * dayMs,
        kind: "batch",
        host: "h",
        batch_id: null,
        sha256: String(day),
        bytes: 0,
        events: 0,
      }) as const;
    store.withExistingDatabase((connection) => {
      for (const day of [10, 1]) appendEntry(connection, entry(day), compress(Buffer.from("{}")));
    });
    await run({ retentionDays: 90, maxBytes: unlimitedBytes, ledgerBodyDays: 5 });
    expect(count("SELECT count(*) n FROM ledger")).toBe(2);
    expect(count("SELECT count(*) n FROM ledger_bodies")).toBe(1);
    store.close();
  });

  it("removes the ID of a session whose events have expired", async () => {
    const { store, count, run, write } = setUp();
    write([100]);
    write([1]);
    await run({ retentionDays: 90, maxBytes: unlimitedBytes });
    expect(count("SELECT count(*) n FROM sessions WHERE session_id LIKE 'expired-%'")).toBe(1);
    expect(count("SELECT count(*) n FROM sessions")).toBe(2);
    store.close();
  });

  it("keeps database and WAL within the size limit, deleting the oldest events first", async () => {
    const { store, count, run, write } = setUp();
    write([3], 4_000);
    write([2], 4_000);
    const before = databaseSize(store.file);
    await run({ retentionDays: 90, maxBytes: before / 2 });
    expect(databaseSize(store.file)).toBeLessThanOrEqual(before / 2);
    expect(count(`SELECT count(*) n FROM events WHERE ts = ${nowMs - 2 * dayMs}`)).toBeGreaterThan(1_000);
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 0")).toBe(8_000);
    store.close();
  });

  it("runs at most once an hour per database across processes", async () => {
    const { clock, store, count, run, write } = setUp();
    const other = new Maintenance(store, clock, () => undefined);
    write([1]);
    await run({ retentionDays: 90, maxBytes: unlimitedBytes });
    const expire = async (maintenance: Maintenance) =>
      maintenance.finish({ retentionDays: 0, maxBytes: unlimitedBytes, ledgerBodyDays: undefined }, 1_000);
    await expire(other);
    expect(count("SELECT count(*) n FROM events")).toBe(1);
    clock.tsMs += 61 * 60_000;
    await expire(other);
    expect(count("SELECT count(*) n FROM events")).toBe(0);
    store.close();
  });

  it("invariant: never-lost-never-twice: deletes nothing while the clock may be wrong", async () => {
    const { clock, store, count, run, write } = setUp();
    const events = () => count("SELECT count(*) n FROM events");
    const limits = { retentionDays: 90, maxBytes: unlimitedBytes };
    write([80], 1_000);
    await run(limits);
    // The clock is briefly 100 days ahead, and an event is recorded.
    clock.tsMs += 100 * dayMs;
    write([-100]);
    await run(limits);
    expect(events()).toBe(1_001);
    // The clock is correct again; the event is in the future.
    clock.tsMs = nowMs + 30 * dayMs;
    await run(limits);
    clock.tsMs += 2 * 60 * 60_000;
    await run(limits);
    expect(events()).toBe(1_001);
    expect(englishOf(store.notes({ ...limits, ledgerBodyDays: undefined }))).toContain("more than two days ahead");
    store.close();
  });

  it("deletes by age one day after the clock jumped, if it keeps running", async () => {
    const { clock, store, count, run, write } = setUp();
    const events = () => count("SELECT count(*) n FROM events");
    const limits = { retentionDays: 90, maxBytes: unlimitedBytes };
    write([10], 10);
    await run(limits);
    // The machine was off for 100 days.
    clock.tsMs += 100 * dayMs;
    await run(limits);
    expect(events()).toBe(10);
    expect(englishOf(store.notes({ ...limits, ledgerBodyDays: undefined }))).toContain("The clock has jumped");
    clock.tsMs += 23 * 60 * 60_000;
    await run(limits);
    expect(events()).toBe(10);
    clock.tsMs += 2 * 60 * 60_000;
    await run(limits);
    expect(events()).toBe(0);
    store.close();
  });

  it("invariant: never-lost-never-twice: deletes no events because of the ledger's bodies", async () => {
    const { store, count, run, write } = setUp();
    write([1], 2_000);
    store.withExistingDatabase((connection) => {
      for (let n = 0; n < 300; n += 1) {
        const common = { ts: nowMs - n, kind: "batch", host: "h", batch_id: String(n) } as const;
        const entry = { phase: "sending", ...common, sha256: String(n), bytes: 0, events: 0 } as const;
        appendEntry(connection, entry, compress(randomBytes(20_000)));
      }
    });
    const maxBytes = 2 * 1024 * 1024;
    await run({ retentionDays: 90, maxBytes });
    expect(count("SELECT count(*) n FROM events")).toBe(2_000);
    expect(count("SELECT count(*) n FROM ledger_bodies")).toBeGreaterThan(20);
    expect(databaseSize(store.file)).toBeLessThanOrEqual(maxBytes);
    expect(englishOf(store.notes({ retentionDays: 90, maxBytes, ledgerBodyDays: undefined }))).toMatch(
      /size limit .* deleted the oldest [\d,]+ request bodies/,
    );
    store.close();
  });

  it("expires events on a machine used every three days, based on the previous run's clock", async () => {
    const { clock, store, count, run, write } = setUp();
    const limits = { retentionDays: 90, maxBytes: unlimitedBytes };
    for (let day = 0; day < 240; day += 3) {
      clock.tsMs = nowMs + day * dayMs;
      write([-day]);
      await run(limits, 60);
    }
    // 93 days and the run before them.
    expect(count("SELECT count(*) n FROM events")).toBeLessThan(34);
    expect(count("SELECT count(*) n FROM events")).toBeGreaterThan(30);
    store.close();
  });

  it("deletes the oldest events for the size limit, regardless of insertion order", async () => {
    const { store, count, run, write } = setUp();
    write([0.001], 1_000);
    write([40], 12_000);
    await run({ retentionDays: 90, maxBytes: 1024 * 1024 });
    expect(databaseSize(store.file)).toBeLessThanOrEqual(1024 * 1024);
    expect(count(`SELECT count(*) n FROM events WHERE ts > ${nowMs - dayMs}`)).toBe(1_000);
    // Events newer than the deleted ones are still accepted.
    write([39]);
    expect(count(`SELECT count(*) n FROM events WHERE ts = ${nowMs - 39 * dayMs}`)).toBe(1);
    store.close();
  });

  it("keeps files outside the database while the clock may be wrong", async () => {
    const { clock, store, write } = setUp();
    const expiredMs: number[] = [];
    const maintenance = new Maintenance(
      store,
      clock,
      () => undefined,
      (oldestMs) => expiredMs.push(oldestMs),
    );
    const limits = { retentionDays: 90, maxBytes: unlimitedBytes, ledgerBodyDays: undefined };
    write([1]);
    await maintenance.finish(limits, 1_000);
    for (const offset of [365, -365]) {
      clock.tsMs = nowMs + offset * dayMs;
      await maintenance.finish(limits, 1_000);
    }
    clock.tsMs = nowMs + 2 * 60 * 60_000;
    await maintenance.finish(limits, 1_000);
    expect(Math.max(...expiredMs)).toBeLessThanOrEqual(nowMs - 90 * dayMs);
    store.close();
  });

  it("deletes no events if other data exceeds the size limit", async () => {
    const { store, count, run, write } = setUp();
    write([1], 300);
    await run({ retentionDays: 90, maxBytes: 150_000 });
    expect(count("SELECT count(*) n FROM events")).toBe(300);
    store.close();
  });

  it("does nothing while another process holds the lease, and acquires it after expiry", async () => {
    const { clock, store, count, run, write } = setUp();
    write([100]);
    store.withExistingDatabase((connection) => acquire(connection, "maintenance", "other", nowMs));
    await run({ retentionDays: 90, maxBytes: unlimitedBytes });
    expect(count("SELECT count(*) n FROM events")).toBe(1);
    clock.tsMs += 2 * 60 * 60 * 1000;
    await run({ retentionDays: 90, maxBytes: unlimitedBytes });
    expect(count("SELECT count(*) n FROM events")).toBe(0);
    expect(leaseMs).toBeLessThan(60 * 60 * 1000);
    store.close();
  });
});

describe("lease", () => {
  it("has one holder and a fencing number that only grows", () => {
    const { store, write } = setUp();
    write([1]);
    const take = (owner: string, at: number) =>
      store.withExistingDatabase((connection) => acquire(connection, "upload", owner, at))?.fence;
    expect(take("a", nowMs)).toBe(1);
    expect(take("b", nowMs + 1)).toBeUndefined();
    expect(take("a", nowMs + leaseMs - 1)).toBe(1);
    expect(take("b", nowMs + 2 * leaseMs)).toBe(2);
    expect(take("a", nowMs + 2 * leaseMs + 1)).toBeUndefined();
    // The clock was set back by a day, so the expiry is further away than any lease lasts.
    expect(take("a", nowMs - dayMs)).toBe(3);
    store.close();
  });
});
