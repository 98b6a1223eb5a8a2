/** What goes into the warehouse after a crash is what was going in before it. */
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

/** Takes nothing from the insert on whose number is named, as one that is killed at that moment. */
class Recording {
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

it("does not go on with another log than the one it was told of", async () => {
  const data = tempFolder();
  const over = (log: SegmentLog) =>
    new Pipeline(log, new Recording() as unknown as Warehouse, undefined as unknown as Aggregates, options(data));
  const log = await SegmentLog.open(join(data, "log"));
  await log.append("key", record(1));
  await over(log).drain();
  await log.close();
  rmSync(join(data, "log"), { recursive: true });
  const other = await SegmentLog.open(join(data, "log"));
  expect(() => over(other)).toThrow(/progress\.json tells of another log/);
  // Without that file it begins with this one; its tokens are others, so that nothing is taken for a repeat.
  await other.append("key", record(1));
  rmSync(join(data, "progress.json"));
  const warehouse = new Recording();
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

it("leaves nothing in the log once it is put away, where it was little too, and where the totals are away", async () => {
  const data = tempFolder();
  const log = await SegmentLog.open(join(data, "log"));
  await log.append("key", record(7).replace('"hours":[]', '"hours":[3600]'));
  const totals = { recompute: () => Promise.reject(new Error("away")) } as unknown as Aggregates;
  const warehouse = Object.assign(new Recording(), { query: () => Promise.reject(new Error("away")) });
  const pipeline = new Pipeline(log, warehouse as unknown as Warehouse, totals, options(data));
  pipeline.start();
  await pipeline.exclusively(() => Promise.resolve());
  const left = readdirSync(join(data, "log")).map((name) => readFileSync(join(data, "log", name), "utf8"));
  expect(left.join("")).not.toContain("line 7");
  expect(warehouse.inserts.some(({ lines }) => lines.includes("line 7"))).toBe(true);
  await pipeline.stop().catch(() => undefined);
  await log.close();
});

it("puts the very same range in again, under the same token, whatever came in meanwhile, and then the rest", async () => {
  // After none, one and two of a step's three inserts.
  for (const failAt of [0, 1, 2]) {
    const data = tempFolder();
    const log = await SegmentLog.open(join(data, "log"));
    const pipelineOn = (warehouse: Recording) =>
      new Pipeline(log, warehouse as unknown as Warehouse, undefined as unknown as Aggregates, options(data));
    for (let n = 0; n < 3; n += 1) await log.append("key", record(n));
    const killed = new Recording(failAt);
    await expect(pipelineOn(killed).drain()).rejects.toThrow(InsertError);
    for (let n = 3; n < 6; n += 1) await log.append("key", record(n));
    const next = new Recording();
    await pipelineOn(next).drain();
    expect(next.inserts.slice(0, killed.inserts.length)).toEqual(killed.inserts);
    const events = next.inserts.filter(({ table }) => table === "events");
    expect(events.map(({ lines }) => lines)).toEqual([
      ["line 0", "line 1", "line 2"],
      ["line 3", "line 4", "line 5"],
    ]);
    expect(events[0]?.token).not.toBe(events[1]?.token);
    // And nothing more.
    const last = new Recording();
    await pipelineOn(last).drain();
    expect(last.inserts).toEqual([]);
    await log.close();
  }
});

it("does not delay other hours when the same old hours are touched again and again", async () => {
  const data = tempFolder();
  const log = await SegmentLog.open(join(data, "log"));
  const nowMs = Date.now();
  const again = Array.from({ length: 48 }, (_, n) => hourOf(nowMs - (30 * 24 + n) * 3_600_000));
  const other = hourOf(nowMs - 5 * 24 * 3_600_000);
  const added = new Set<number>();
  const warehouse = Object.assign(new Recording(), {
    query: () => Promise.resolve([{ version: "1", others: 0 }]),
    command: (_sql: string, { hours: some }: { hours: readonly number[] }) => {
      for (const hour of some) added.add(hour);
      return Promise.resolve();
    },
  });
  const totals = { recompute: () => Promise.resolve({ days: [], months: [] }) } as unknown as Aggregates;
  const pipeline = new Pipeline(log, warehouse as unknown as Warehouse, totals, options(data));
  const touching = (n: number, hours: readonly number[]) =>
    log.append("key", record(n).replace('"hours":[]', `"hours":${JSON.stringify(hours)}`));
  await touching(0, again);
  await touching(1, [other]);
  pipeline.start();
  for (let n = 2; !added.has(other); n += 1) {
    const before = warehouse.inserts.length;
    await touching(n, again);
    while (warehouse.inserts.length === before) await new Promise((resolve) => setImmediate(resolve));
  }
  await pipeline.stop();
  await log.close();
}, 30_000);

it("adds up old hours in a slow lane, some at a time, so that inserts go on in between", async () => {
  const data = tempFolder();
  const log = await SegmentLog.open(join(data, "log"));
  const nowMs = Date.now();
  const hours = Array.from({ length: 1_000 }, (_, n) => hourOf(nowMs - (3 * 24 + n) * 3_600_000));
  const happened: string[] = [];
  let added = 0;
  const warehouse = Object.assign(new Recording(), {
    query: () => Promise.resolve([{ version: "1", others: 0 }]),
    command: (_sql: string, { hours: some }: { hours: readonly number[] }) => {
      happened.push(`added up ${some.length}`);
      added += some.length;
      return Promise.resolve();
    },
  });
  const insert = warehouse.insert.bind(warehouse);
  warehouse.insert = (table, lines, token) => {
    if (table === "events") happened.push("inserted");
    return insert(table, lines, token);
  };
  const totals = { recompute: () => Promise.resolve({ days: [], months: [] }) } as unknown as Aggregates;
  const pipeline = new Pipeline(log, warehouse as unknown as Warehouse, totals, options(data));
  await log.append("key", record(0).replace('"hours":[]', `"hours":${JSON.stringify(hours)}`));
  pipeline.start();
  // Somebody else sends on, a record after each that went in.
  for (let n = 1; added < 200; n += 1) {
    const before = warehouse.inserts.length;
    await log.append("key", record(n));
    while (warehouse.inserts.length === before) await new Promise((resolve) => setImmediate(resolve));
  }
  const slots = happened.map((one) => (one === "inserted" ? "i" : "a")).join("");
  expect(happened.filter((one) => one !== "inserted").every((one) => one === "added up 48")).toBe(true);
  // Never two slots of the slow lane without an insert between them.
  expect(slots).not.toContain("aa");
  // With the end of the server all of them are added up.
  await pipeline.stop();
  expect(added).toBe(1_000);
  await log.close();
}, 30_000);
