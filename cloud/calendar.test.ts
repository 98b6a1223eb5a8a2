/**
 * Totals over 400 simulated days with events, late events, erasures, restarts, failures and expiry
 * in any order. Every cell equals an independent recount of the events received before its day or
 * month became final; later changes are recorded as not applied.
 */

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { dayMs } from "../shared/schema/durations.ts";
import { Aggregates } from "./aggregates/aggregates.ts";
import { MonthlyFiles } from "./aggregates/monthly-files.ts";
import { Erasures } from "./erasure/erase.ts";
import { dayOf, monthOf } from "./hours.ts";
import type { BatchReceiver } from "./ingest/batch-receiver.ts";
import { Registry } from "./ingest/registry.ts";
import { recordText } from "./log/batch-record.ts";
import { SegmentLog } from "./log/segments.ts";
import { ServerMetrics } from "./metrics.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { embeddedPostgres } from "./test/embedded-postgres.ts";
import { Sender } from "./test/sender.ts";
import { clickHouseTime } from "./warehouse/clickhouse-time.ts";
import { toEventRow } from "./warehouse/event-row.ts";
import { tables } from "./warehouse/schema.ts";
import { Warehouse } from "./warehouse/warehouse.ts";

const [minUsers, finalMs, rawMs] = [2, 89 * dayMs, 90 * dayMs];
const runs = Number(process.env["NEXUS_CALENDARS"] ?? 1);

const folder = mkdtempSync(join(tmpdir(), "nexus-calendar-"));
const warehouse = Warehouse.open("chdb", join(folder, "warehouse"));
await warehouse.migrate();
const postgres = await embeddedPostgres();
afterAll(async () => {
  await warehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

interface ModelEvent {
  readonly user: number;
  readonly tsMs: number;
  readonly receivedMs: number;
  readonly command: string;
  readonly ms: number;
  readonly counted: boolean;
}

/** The expected totals, computed only from the events. */
class Model {
  readonly events: ModelEvent[] = [];
  /** User → time of the erasure request. */
  readonly erased = new Map<number, number>();

  /** Returns command → cell of a day or month, as of now or of the time when it became final. */
  cells(isIn: (event: ModelEvent) => boolean, startMs: number): Readonly<Record<string, readonly number[]>> {
    const endMs = startMs + finalMs;
    const events = this.events.filter(
      (event) =>
        isIn(event) &&
        event.receivedMs <= endMs &&
        !((this.erased.get(event.user) ?? Number.POSITIVE_INFINITY) <= endMs),
    );
    const cells: Record<string, readonly number[]> = {};
    for (const command of new Set(events.map((event) => event.command))) {
      const group = events.filter((event) => event.command === command);
      if (new Set(group.filter(({ counted }) => counted).map(({ user }) => user)).size < minUsers) continue;
      const users = new Set(group.map(({ user }) => user)).size;
      cells[command] = [group.length, users, group.reduce((sum, { ms }) => sum + ms, 0)];
    }
    return cells;
  }

  /** Returns the reasons why a final total differs from a recount now. */
  changes(isIn: (event: ModelEvent) => boolean, startMs: number): ReadonlySet<string> {
    const endMs = startMs + finalMs;
    const events = this.events.filter(isIn);
    // Events of a user who is erased before the next drain are never inserted.
    const late = events.some(({ user, receivedMs }) => receivedMs > endMs && this.erased.get(user) !== receivedMs);
    // Expired raw rows can no longer be assigned to a user.
    const erased = events.some((event) => {
      const atMs = this.erased.get(event.user) ?? 0;
      return atMs > endMs && atMs - event.tsMs < rawMs - dayMs && event.receivedMs < atMs;
    });
    return new Set([...(late ? ["late_events"] : []), ...(erased ? ["erasure"] : [])]);
  }
}

class Simulation {
  readonly model = new Model();
  readonly #folder = mkdtempSync(join(folder, "run-"));
  readonly #senders = Array.from({ length: 6 }, () => new Sender(""));
  /**
   * The first of next month, so that `lateIntoFinal` meets the same month boundaries on every day.
   */
  nowMs = Date.parse(`${monthOf(Date.now() + 31 * dayMs)}T10:00:00Z`);
  #log: SegmentLog | undefined;
  #parts: { pipeline: Pipeline; erasures: Erasures; aggregates: Aggregates; registry: Registry } | undefined;

  async restart(): Promise<void> {
    await this.#log?.close();
    const now = () => this.nowMs;
    const log = await SegmentLog.open(join(this.#folder, "log"));
    const registry = await Registry.open(postgres);
    const aggregates = new Aggregates(postgres, minUsers, new MonthlyFiles(join(this.#folder, "monthly")));
    await aggregates.migrate();
    const pipeline = new Pipeline(log, warehouse, aggregates, {
      data: this.#folder,
      insertRows: 1_000,
      insertMs: 1,
      minUsers,
      erasedAmong: (ids) => registry.erasedAmong(ids),
      inserted: () => undefined,
      failed: () => undefined,
      now,
    });
    const watch = new ServerMetrics({ waitingBytes: () => 0, erasures: () => 0, versions: new Set() });
    const receiver = { whenIdle: () => Promise.resolve() } as unknown as BatchReceiver;
    const erasures = new Erasures({ registry, receiver, pipeline, warehouse, watch, now });
    this.#log = log;
    this.#parts = { pipeline, erasures, aggregates, registry };
    erasures.start();
    await erasures.whenIdle();
    await pipeline.drain();
  }

  get parts() {
    if (this.#parts === undefined) throw new Error("not started");
    return this.#parts;
  }

  /**
   * Appends events of a user, `daysAgo` days old, to the log; they reach the totals at the next
   * drain.
   */
  async send(user: number, daysAgo: number, count: number): Promise<void> {
    const sender = this.#senders[user];
    if (sender === undefined || this.model.erased.has(user)) return;
    const { registry } = this.parts;
    await registry.enroll(sender.id, sender.secret, this.nowMs);
    const known = await registry.find(sender.id);
    if (known !== undefined) await registry.recordActivity(known, this.nowMs);
    // Users 4 and 5 are new and do not count for k-anonymity.
    const established = user < 4;
    const rows = Array.from({ length: count }, (_, n) => {
      const tsMs = this.nowMs - daysAgo * dayMs + n;
      const [command, ms] = [n % 2 === 0 ? "git push" : "docker ps", n + 1];
      this.model.events.push({ user, tsMs, receivedMs: this.nowMs, command, ms, counted: established });
      const event = sender.event({ command, execution: { duration_ms: ms, success: true } }, tsMs);
      return toEventRow(event, { anonUserId: sender.id, receivedMs: this.nowMs, established });
    });
    const head = {
      batch_id: randomUUID(),
      anon_user_id: sender.id,
      sha256: "0".repeat(64),
      receipt: "",
      received_ms: this.nowMs,
      hours: [...new Set(rows.map(({ hour }) => hour))],
      columns: [...new Set(rows.flatMap(({ columns }) => columns))],
      refused: [],
    };
    await this.#log?.append(sender.id, recordText({ head, lines: rows.map(({ line }) => line) }));
  }

  async erase(user: number): Promise<void> {
    const sender = this.#senders[user];
    const { erasures, registry } = this.parts;
    if (sender === undefined || (await registry.find(sender.id)) === undefined) return;
    if (!this.model.erased.has(user)) this.model.erased.set(user, this.nowMs);
    await erasures.request(sender.id);
    await erasures.whenIdle();
  }

  /** Makes one recomputation of the totals fail; the touched hours are recomputed later. */
  async fail(): Promise<void> {
    const { aggregates, pipeline } = this.parts;
    const { recompute } = aggregates;
    aggregates.recompute = () => Promise.reject(new Error("totals unavailable"));
    await pipeline.drain().catch(() => undefined);
    aggregates.recompute = recompute;
  }

  /**
   * Advances the clock, then expires old events and reduces old hours as the engine and the server
   * do.
   */
  async pass(days: number): Promise<void> {
    await this.parts.pipeline.drain();
    for (let n = 0; n < days; n += 1) this.nowMs += dayMs;
    const params = { old: clickHouseTime(this.nowMs - rawMs) };
    const expired = "ts < {old:DateTime64(3)}";
    const [row] = await warehouse.query<{ n: string }>(`SELECT count() n FROM events WHERE ${expired}`, params);
    if (Number(row?.n) > 0) await warehouse.erase("events", expired, params);
    await this.parts.pipeline.reduceOldHours();
  }

  async check(): Promise<void> {
    const { aggregates, pipeline } = this.parts;
    await pipeline.drain();
    for (const [table, column, bucketOf] of [
      ["daily", "day", dayOf],
      ["monthly", "month", monthOf],
    ] as const) {
      const rows = await aggregates.query<{ b: string; c: string; e: string; u: string; d: string }>(
        `SELECT ${column}::text b, command_path c, events e, users u, duration_sum d FROM ${table}`,
      );
      const notApplied = await aggregates.query<{ b: string; r: string }>(
        "SELECT bucket::text b, reason r FROM not_applied WHERE grain = $1",
        [column],
      );
      for (const bucket of new Set(this.model.events.map(({ tsMs }) => bucketOf(tsMs)))) {
        const startMs = Date.parse(bucket);
        const isIn = ({ tsMs }: ModelEvent) => bucketOf(tsMs) === bucket;
        const cells = rows.filter(({ b }) => b === bucket).map(({ c, e, u, d }) => [c, [e, u, d].map(Number)]);
        expect({ table, bucket, cells: Object.fromEntries(cells) }).toEqual({
          table,
          bucket,
          cells: this.model.cells(isIn, startMs),
        });
        const reasons = new Set(notApplied.filter(({ b }) => b === bucket).map(({ r }) => r));
        for (const reason of this.model.changes(isIn, startMs))
          expect([table, bucket, [...reasons]]).toEqual([table, bucket, expect.arrayContaining([reason])]);
      }
    }
    await this.#checkFiles();
    const old = Math.floor((this.nowMs - finalMs) / 1_000);
    const [remaining] = await warehouse.query<{ n: string }>(
      `SELECT countIf(counted_users < ${minUsers} OR finalizeAggregation(users_state) > 0) AS n
       FROM hourly FINAL WHERE hour < toDateTime(${old})`,
    );
    expect(Number(remaining?.n)).toBe(0);
  }

  async #checkFiles(): Promise<void> {
    const files = new MonthlyFiles(join(this.#folder, "monthly"));
    for (const month of files.months()) {
      const { rows } = await files.read(month);
      const inDatabase = await this.parts.aggregates.query<{ e: string }>(
        "SELECT events e FROM monthly WHERE month = $1::date ORDER BY command_path",
        [month],
      );
      const events = (list: readonly object[]) => list.map((row) => Number(Object(row).events)).sort();
      expect(events(rows)).toEqual(inDatabase.map(({ e }) => Number(e)).sort());
    }
  }
}

type Step =
  | { readonly type: "send"; readonly user: number; readonly ago: number; readonly count: number }
  | { readonly type: "pass"; readonly days: number }
  | { readonly type: "erase"; readonly user: number }
  | { readonly type: "restart" | "fail" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("send" as const),
      user: fc.nat(5),
      ago: fc.nat(2),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("send" as const),
      user: fc.nat(5),
      ago: fc.integer({ min: 3, max: 84 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("pass" as const), days: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("erase" as const), user: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("fail" as const) }) },
);

/**
 * After 95 days the first month is final but still has young days: it gets late events and an
 * erasure.
 */
const lateIntoFinal: readonly Step[] = [
  { type: "send", user: 0, ago: 0, count: 2 },
  { type: "send", user: 1, ago: 0, count: 2 },
  { type: "send", user: 2, ago: 0, count: 2 },
  { type: "pass", days: 12 },
  { type: "send", user: 0, ago: 0, count: 2 },
  { type: "send", user: 1, ago: 0, count: 2 },
  { type: "pass", days: 83 },
  { type: "send", user: 2, ago: 83, count: 2 },
  { type: "send", user: 3, ago: 83, count: 1 },
  { type: "restart" },
  { type: "erase", user: 0 },
];

it(
  "keeps final totals unchanged for any order of events, erasures, failures and restarts",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 35, maxLength: 45 }), async (steps) => {
        for (const { name } of tables) await warehouse.command(`TRUNCATE TABLE ${name}`);
        await postgres.query("DROP SCHEMA public CASCADE", []);
        await postgres.query("CREATE SCHEMA public", []);
        const simulation = new Simulation();
        await simulation.restart();
        const startedMs = simulation.nowMs;
        for (const current of steps) {
          if (current.type === "send") await simulation.send(current.user, current.ago, current.count);
          else if (current.type === "pass") await simulation.pass(current.days);
          else if (current.type === "erase") await simulation.erase(current.user);
          else if (current.type === "restart") await simulation.restart();
          else await simulation.fail();
        }
        await simulation.pass(Math.max(1, 400 - Math.round((simulation.nowMs - startedMs) / dayMs)));
        await simulation.check();
      }),
      { numRuns: runs + 1, endOnFailure: true, examples: [[[...lateIntoFinal]]] },
    );
  },
  (runs + 1) * 120_000,
);
