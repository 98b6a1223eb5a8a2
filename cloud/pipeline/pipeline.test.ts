/**
 * The pipeline: repeats interrupted inserts exactly, empties the log, and recomputes old hours in
 * the slow lane.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import type { Aggregates } from "../aggregates/aggregates.ts";
import { hourOf } from "../hours.ts";
import { recordText } from "../log/batch-record.ts";
import { SegmentLog } from "../log/segments.ts";
import { InsertError, type Warehouse } from "../warehouse/warehouse.ts";
import { Pipeline } from "./pipeline.ts";

interface Insert {
  readonly table: string;
  readonly lines: readonly string[];
  readonly token: string;
}

/** Records inserts; all after the first `failAt` fail, as if the process were killed there. */
class FakeWarehouse {
  readonly inserts: Insert[] = [];
  readonly #failAt: number;

  constructor(failAt = Number.POSITIVE_INFINITY) {
    this.#failAt = failAt;
  }

  insert(table: string, lines: readonly string[], token: string): Promise<void> {
    this.inserts.push({ table, lines, token });
    return this.inserts.length > this.#failAt ? Promise.reject(new InsertError("gone")) : Promise.resolve();
  }
}

const record = (n: number) =>
  recordText({
    head: {
      batch_id: `b${n}`,
      anon_user_id: `u${n}`,
      sha256: "",
      receipt: "",
      received_ms: n,
      hours: [],
      columns: [],
      refused: [],
    },
    lines: [`line ${n}`],
  });

const options = (data: string) => ({
  data,
  insertRows: 1_000,
  insertMs: 1,
  minUsers: 1,
  erasedAmong: () => Promise.resolve(new Set<string>()),
  inserted: () => undefined,
  failed: () => undefined,
  now: Date.now,
});

it("refuses a log that is not the one of its checkpoint", async () => {
  const data = tempFolder();
  const pipelineOn = (log: SegmentLog) =>
    new Pipeline(log, new FakeWarehouse() as unknown as Warehouse, undefined as unknown as Aggregates, options(data));
  const log = await SegmentLog.open(join(data, "log"));
  await log.append("key", record(1));
  await pipelineOn(log).drain();
  await log.close();
  rmSync(join(data, "log"), { recursive: true });
  const other = await SegmentLog.open(join(data, "log"));
  expect(() => pipelineOn(other)).toThrow(/progress\.json belongs to a different log/);
  // Without that file it starts with this log; the log's ID in the tokens prevents false
  // deduplication.
  await other.append("key", record(1));
  rmSync(join(data, "progress.json"));
  const warehouse = new FakeWarehouse();
  await new Pipeline(
    other,
    warehouse as unknown as Warehouse,
    undefined as unknown as Aggregates,
    options(data),
  ).drain();
  expect(warehouse.inserts[0]).toMatchObject({ lines: ["line 1"], token: expect.stringContaining(other.id) });
  expect(other.id).not.toBe(log.id);
  await other.close();
});

it("leaves no inserted record in the log, even if the totals are unavailable", async () => {
  const data = tempFolder();
  const log = await SegmentLog.open(join(data, "log"));
  await log.append("key", record(7).replace('"hours":[]', '"hours":[3600]'));
  const unavailable = () => Promise.reject(new Error("unavailable"));
  const totals = { recompute: unavailable } as unknown as Aggregates;
  const warehouse = Object.assign(new FakeWarehouse(), { query: unavailable });
  const pipeline = new Pipeline(log, warehouse as unknown as Warehouse, totals, options(data));
  pipeline.start();
  await pipeline.exclusively(() => Promise.resolve());
  const contents = readdirSync(join(data, "log")).map((name) => readFileSync(join(data, "log", name), "utf8"));
  expect(contents.join("")).not.toContain("line 7");
  expect(warehouse.inserts.some(({ lines }) => lines.includes("line 7"))).toBe(true);
  await pipeline.stop().catch(() => undefined);
  await log.close();
});

it("repeats an interrupted insert with the same range and token, then inserts the rest", async () => {
  // Fails after none, one and two of the three inserts.
  for (const failAt of [0, 1, 2]) {
    const data = tempFolder();
    const log = await SegmentLog.open(join(data, "log"));
    const pipelineOn = (warehouse: FakeWarehouse) =>
      new Pipeline(log, warehouse as unknown as Warehouse, undefined as unknown as Aggregates, options(data));
    for (let n = 0; n < 3; n += 1) await log.append("key", record(n));
    const killed = new FakeWarehouse(failAt);
    await expect(pipelineOn(killed).drain()).rejects.toThrow(InsertError);
    for (let n = 3; n < 6; n += 1) await log.append("key", record(n));
    const next = new FakeWarehouse();
    await pipelineOn(next).drain();
    expect(next.inserts.slice(0, killed.inserts.length)).toEqual(killed.inserts);
    const events = next.inserts.filter(({ table }) => table === "events");
    expect(events.map(({ lines }) => lines)).toEqual([
      ["line 0", "line 1", "line 2"],
      ["line 3", "line 4", "line 5"],
    ]);
    expect(events[0]?.token).not.toBe(events[1]?.token);
    // Nothing is left to insert.
    const last = new FakeWarehouse();
    await pipelineOn(last).drain();
    expect(last.inserts).toEqual([]);
    await log.close();
  }
});

it("recomputes other old hours although the same old hours are touched repeatedly", async () => {
  const data = tempFolder();
  const log = await SegmentLog.open(join(data, "log"));
  const nowMs = Date.now();
  const repeated = Array.from({ length: 48 }, (_, n) => hourOf(nowMs - (30 * 24 + n) * 3_600_000));
  const other = hourOf(nowMs - 5 * 24 * 3_600_000);
  const recomputed = new Set<number>();
  const warehouse = Object.assign(new FakeWarehouse(), {
    query: () => Promise.resolve([{ version: "1", others: 0 }]),
    command: (_sql: string, { hours }: { hours: readonly number[] }) => {
      for (const hour of hours) recomputed.add(hour);
      return Promise.resolve();
    },
  });
  const totals = { recompute: () => Promise.resolve({ days: [], months: [] }) } as unknown as Aggregates;
  const pipeline = new Pipeline(log, warehouse as unknown as Warehouse, totals, options(data));
  const appendWithHours = (n: number, hours: readonly number[]) =>
    log.append("key", record(n).replace('"hours":[]', `"hours":${JSON.stringify(hours)}`));
  await appendWithHours(0, repeated);
  await appendWithHours(1, [other]);
  pipeline.start();
  for (let n = 2; !recomputed.has(other); n += 1) {
    const before = warehouse.inserts.length;
    await appendWithHours(n, repeated);
    while (warehouse.inserts.length === before) await new Promise((resolve) => setImmediate(resolve));
  }
  await pipeline.stop();
  await log.close();
}, 30_000);

it("recomputes old hours in chunks with inserts in between", async () => {
  const data = tempFolder();
  const log = await SegmentLog.open(join(data, "log"));
  const nowMs = Date.now();
  const hours = Array.from({ length: 1_000 }, (_, n) => hourOf(nowMs - (3 * 24 + n) * 3_600_000));
  const steps: string[] = [];
  let recomputed = 0;
  const warehouse = Object.assign(new FakeWarehouse(), {
    query: () => Promise.resolve([{ version: "1", others: 0 }]),
    command: (sql: string, { hours: chunk }: { hours: readonly number[] }) => {
      // A chunk has one statement per table.
      if (!sql.includes("INTO hourly")) return Promise.resolve();
      steps.push(`recomputed ${chunk.length}`);
      recomputed += chunk.length;
      return Promise.resolve();
    },
  });
  const insert = warehouse.insert.bind(warehouse);
  warehouse.insert = (table, lines, token) => {
    if (table === "events") steps.push("inserted");
    return insert(table, lines, token);
  };
  const totals = { recompute: () => Promise.resolve({ days: [], months: [] }) } as unknown as Aggregates;
  const pipeline = new Pipeline(log, warehouse as unknown as Warehouse, totals, options(data));
  await log.append("key", record(0).replace('"hours":[]', `"hours":${JSON.stringify(hours)}`));
  pipeline.start();
  // Another client sends a new record after each insert.
  for (let n = 1; recomputed < 200; n += 1) {
    const before = warehouse.inserts.length;
    await log.append("key", record(n));
    while (warehouse.inserts.length === before) await new Promise((resolve) => setImmediate(resolve));
  }
  const order = steps.map((step) => (step === "inserted" ? "i" : "r")).join("");
  expect(steps.filter((step) => step !== "inserted").every((step) => step === "recomputed 48")).toBe(true);
  // Never two chunks of the slow lane without an insert between them.
  expect(order).not.toContain("rr");
  // `stop` recomputes the rest.
  await pipeline.stop();
  expect(recomputed).toBe(1_000);
  await log.close();
}, 30_000);
