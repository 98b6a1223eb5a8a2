import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { cleanToolUse } from "../test/fixtures/clean.ts";
import { FixedClock } from "../test/fixtures/clock.ts";
import { freshFolder } from "../test/fixtures/folder.ts";
import { type Limits, Maintenance } from "./maintenance.ts";
import { thisProduct } from "./product.ts";
import { databaseSize } from "./store/database.ts";
import { acquire, leaseMs } from "./store/lease.ts";
import { Store } from "./store/store.ts";
import { append } from "./upload/ledger.ts";
import { pack } from "./upload/packing.ts";

const dayMs = 24 * 60 * 60 * 1000;
const nowMs = Date.UTC(2026, 6, 15, 10);
const large = 1024 ** 3;

function setUp() {
  const clock = new FixedClock(nowMs);
  const store = new Store(join(freshFolder(), "telemetry.db"), thisProduct, clock);
  const failures: unknown[] = [];
  const maintenance = new Maintenance(store, clock, (error) => failures.push(error));
  const count = (sql: string) => Number(store.read((connection) => connection.prepare(sql).get())?.["n"]);
  /** Lets it run to its end: each step is a turn of the loop. */
  const run = async (limits: Omit<Limits, "ledgerBodyDays"> & Partial<Limits>) => {
    maintenance.stored({ ledgerBodyDays: undefined, ...limits });
    for (let turn = 0; turn < 3_000; turn += 1) await new Promise(setImmediate);
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
  it("expires events by age, and keeps what they add up to", async () => {
    const { store, count, run, write } = setUp();
    write([1, 89, 91, 200]);
    await run({ retentionDays: 90, mostBytes: large });
    expect(count("SELECT count(*) n FROM events")).toBe(2);
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 0")).toBe(4);
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 1")).toBe(4);
    expect(count("SELECT count(*) n FROM sessions")).toBe(1);
    store.close();
  });

  it("drops bodies from the ledger after as many days as the user chose, and keeps its entries", async () => {
    const { store, count, run, write } = setUp();
    write([1]);
    const entry = (day: number) =>
      ({
        phase: "sending",
        ts: nowMs - day * dayMs,
        kind: "batch",
        host: "h",
        batch_id: null,
        sha256: "",
        bytes: 0,
        events: 0,
      }) as const;
    store.change((connection) => {
      for (const day of [10, 1]) append(connection, entry(day), pack(Buffer.from("{}")));
    });
    await run({ retentionDays: 90, mostBytes: large, ledgerBodyDays: 5 });
    expect(count("SELECT count(*) n FROM ledger")).toBe(2);
    expect(count("SELECT count(*) n FROM ledger WHERE body IS NOT NULL")).toBe(1);
    store.close();
  });

  it("takes the id from a session whose events have expired", async () => {
    const { store, count, run, write } = setUp();
    write([100]);
    write([1]);
    await run({ retentionDays: 90, mostBytes: large });
    expect(count("SELECT count(*) n FROM sessions WHERE session_id LIKE 'expired-%'")).toBe(1);
    expect(count("SELECT count(*) n FROM sessions")).toBe(2);
    store.close();
  });

  it("keeps the database with its side files within its size, the oldest first", async () => {
    const { store, count, run, write } = setUp();
    write([3], 4_000);
    write([2], 4_000);
    const before = databaseSize(store.file);
    await run({ retentionDays: 90, mostBytes: before / 2 });
    expect(databaseSize(store.file)).toBeLessThanOrEqual(before / 2);
    expect(count(`SELECT count(*) n FROM events WHERE ts = ${nowMs - 2 * dayMs}`)).toBeGreaterThan(1_000);
    expect(count("SELECT sum(count) n FROM rollups WHERE grain = 0")).toBe(8_000);
    store.close();
  });

  it("runs at most once an hour, and again after the clock was put back", async () => {
    const { clock, store, count, run, write } = setUp();
    write([1]);
    await run({ retentionDays: 90, mostBytes: large });
    write([100]);
    await run({ retentionDays: 90, mostBytes: large });
    expect(count("SELECT count(*) n FROM events WHERE ts < 1")).toBe(0);
    const kept = count("SELECT count(*) n FROM events");
    clock.tsMs -= 5 * dayMs;
    await run({ retentionDays: 0, mostBytes: large });
    expect(count("SELECT count(*) n FROM events")).toBeLessThan(kept);
    store.close();
  });

  it("does nothing while another process holds the lease, and takes it once that has ended", async () => {
    const { clock, store, count, run, write } = setUp();
    write([100]);
    store.change((connection) => acquire(connection, "maintenance", "another", nowMs));
    await run({ retentionDays: 90, mostBytes: large });
    expect(count("SELECT count(*) n FROM events")).toBe(1);
    clock.tsMs += 2 * 60 * 60 * 1000;
    await run({ retentionDays: 90, mostBytes: large });
    expect(count("SELECT count(*) n FROM events")).toBe(0);
    expect(leaseMs).toBeLessThan(60 * 60 * 1000);
    store.close();
  });
});

describe("lease", () => {
  it("has one holder, and a fence that only grows", () => {
    const { store, write } = setUp();
    write([1]);
    const take = (owner: string, at: number) =>
      store.change((connection) => acquire(connection, "upload", owner, at))?.fence;
    expect(take("a", nowMs)).toBe(1);
    expect(take("b", nowMs + 1)).toBeUndefined();
    expect(take("a", nowMs + leaseMs - 1)).toBe(1);
    expect(take("b", nowMs + 2 * leaseMs)).toBe(2);
    expect(take("a", nowMs + 2 * leaseMs + 1)).toBeUndefined();
    // The clock was put back by a day: the end lies further away than any lease lasts.
    expect(take("a", nowMs - dayMs)).toBe(3);
    store.close();
  });
});
