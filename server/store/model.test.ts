/** Compares the store with a simple model after random sequences of operations. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import type { Source } from "../../shared/schema/sources.ts";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import type { CleanEvent } from "../privacy/clean-event.ts";
import { productInfo } from "../worker/product-info.ts";
import { immediately } from "./driver/driver.ts";
import type { EraseSelection } from "./erase.ts";
import { uuidText } from "./events/uuid-bytes.ts";
import { expireByAge } from "./retention.ts";
import { dayOfHour, firstDayOfMonth, localHour, localHourOf, monthOfDay } from "./rollups/local-time.ts";
import { RecentRollups, rollUpDays } from "./rollups/rollups.ts";
import { Store } from "./store.ts";

const dayMs = 24 * 60 * 60 * 1000;
const startMs = Date.UTC(2026, 5, 1, 9, 30);
const sources = ["vscode_terminal", "claude_code"] as const;
const lines = ["git status", "npm test", "ls"];

/** Bucket and dimensions → count and sum of durations. */
type Rollups = Map<string, [number, number]>;

function addTo(rollups: Rollups, key: string, [count, sum]: readonly [number, number]): void {
  const [n, ms] = rollups.get(key) ?? [0, 0];
  rollups.set(key, [n + count, ms + sum]);
}

class Model {
  readonly events = new Map<string, CleanEvent>();
  readonly hours: Rollups = new Map();
  #watermarkMs = 0;
  readonly #erased: { readonly selection: EraseSelection; readonly untilMs: number }[] = [];

  write(events: readonly CleanEvent[]): void {
    for (const event of events) {
      if (event.tsMs < this.#watermarkMs || this.#erased.some((rule) => isErased(event, rule))) continue;
      if (this.events.has(event.id)) continue;
      this.events.set(event.id, event);
      const hour = localHour(event.tsMs, event.utcOffsetMin);
      addTo(this.hours, `${hour} ${event.source} ${event.payload["command_path"]}`, [
        1,
        Number(event.payload["duration_ms"]),
      ]);
    }
  }

  expire(beforeMs: number): void {
    for (const [id, { tsMs }] of this.events) {
      if (tsMs >= beforeMs) continue;
      this.events.delete(id);
      this.#watermarkMs = Math.max(this.#watermarkMs, tsMs + 1);
    }
  }

  erase(selection: EraseSelection, nowMs: number): void {
    const untilMs = daysOf(selection) === undefined ? this.#newestMs(nowMs) : nowMs;
    for (const [id, event] of this.events) {
      if (isErased(event, { selection, untilMs: Number.POSITIVE_INFINITY })) this.events.delete(id);
    }
    for (const key of this.hours.keys()) {
      const [hour = "", source] = key.split(" ");
      if (coversRollup(selection, Number(hour), source)) this.hours.delete(key);
    }
    if (selection.by === "all") {
      this.#watermarkMs = Math.max(this.#watermarkMs, untilMs);
      this.#erased.length = 0;
    } else this.#erased.push({ selection, untilMs });
  }

  /** Returns the time just after the newest event or tombstone; at most `nowMs`. */
  #newestMs(nowMs: number): number {
    const events = [...this.events.values()].map(({ tsMs }) => tsMs + 1);
    const erased = this.#erased.map(({ untilMs }) => untilMs);
    const times = [...events, ...erased];
    return times.length === 0 ? nowMs : Math.min(nowMs, Math.max(...times));
  }
}

const daysOf = (selection: EraseSelection) => (selection.by === "all" ? undefined : selection.days);

function isErased(
  { source, tsMs, utcOffsetMin }: CleanEvent,
  { selection, untilMs }: { selection: EraseSelection; untilMs: number },
): boolean {
  return tsMs < untilMs && coversRollup(selection, localHour(tsMs, utcOffsetMin), source);
}

function coversRollup(selection: EraseSelection, hour: number, source: string | undefined): boolean {
  const days = daysOf(selection);
  if (days !== undefined && (dayOfHour(hour) < days.fromDay || dayOfHour(hour) >= days.toDay)) return false;
  return selection.by !== "source" || source === selection.source;
}

/** The selected buckets of a grain: a month that contains a selected day changes too. */
function coversBucket(selection: EraseSelection, grain: number, bucket: number, source: string): boolean {
  if (grain === 0) return coversRollup(selection, bucket, source);
  if (grain === 1) return coversRollup(selection, bucket * 24, source);
  const days = daysOf(selection);
  const isOther = days !== undefined && (bucket < monthOfDay(days.fromDay) || bucket > monthOfDay(days.toDay - 1));
  return !isOther && (selection.by !== "source" || source === selection.source);
}

type Step =
  | { readonly type: "write"; readonly daysAgo: readonly number[]; readonly twice: boolean }
  | { readonly type: "repeat"; readonly from: number }
  | { readonly type: "expire"; readonly days: number }
  | { readonly type: "erase"; readonly by: "all" | "source" | "source in days" | "period"; readonly day: number }
  | { readonly type: "rollUp"; readonly maxDays: number }
  | { readonly type: "reopen" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      daysAgo: fc.array(fc.integer({ min: 0, max: 75 }), { minLength: 1, maxLength: 12 }),
      twice: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("repeat" as const), from: fc.nat(60) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("rollUp" as const), maxDays: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("expire" as const), days: fc.integer({ min: 0, max: 70 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("erase" as const),
      by: fc.constantFrom("all" as const, "source" as const, "source in days" as const, "period" as const),
      day: fc.nat(70),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reopen" as const) }) },
);

class World {
  readonly #file: string;
  readonly #clock = new FixedClock(startMs);
  readonly #sessions = [v4(), v4()];
  readonly #written: CleanEvent[] = [];
  readonly model = new Model();
  #store: Store;
  #seq = 0;

  constructor(folder: string) {
    this.#file = join(folder, `${v4()}.db`);
    this.#store = this.#open();
  }

  run(step: Step): void {
    this.#clock.tsMs += 60 * 60 * 1000;
    const nowMs = this.#clock.tsMs;
    switch (step.type) {
      case "write": {
        const events = step.daysAgo.map((days) => this.#event(nowMs - days * dayMs));
        this.#write(step.twice ? [...events, ...events] : events);
        break;
      }
      case "repeat":
        this.#write(this.#written.slice(step.from, step.from + 30));
        break;
      case "expire":
        for (let from: number | undefined = 0; from !== undefined; ) {
          const key: number = from;
          from = this.#store.withExistingDatabase((connection) =>
            expireByAge(connection, nowMs - step.days * dayMs, key, 7),
          )?.next;
        }
        this.model.expire(nowMs - step.days * dayMs);
        break;
      case "erase": {
        const today = dayOfHour(localHourOf(nowMs));
        const days = { fromDay: today - step.day - 3, toDay: today - step.day };
        const source = sources[step.day % 2] ?? "";
        const selections: Readonly<Record<typeof step.by, EraseSelection>> = {
          all: { by: "all" },
          source: { by: "source", source },
          "source in days": { by: "source", source, days },
          period: { by: "period", days },
        };
        const selection = selections[step.by];
        const planned = this.#store.planErasure(selection);
        const before = this.#otherRollups(selection);
        const erased = this.#store.erase(selection);
        expect(erased.events).toBe(planned?.events ?? 0);
        expect(this.#otherRollups(selection)).toEqual(before);
        // Without a database, an erasure leaves no tombstone.
        if (existsSync(this.#file)) this.model.erase(selection, nowMs);
        break;
      }
      case "rollUp":
        this.#store.withExistingDatabase((connection) =>
          immediately(connection, () => rollUpDays(connection, dayOfHour(localHourOf(nowMs)), step.maxDays)),
        );
        break;
      case "reopen":
        this.#store.close();
        this.#store = this.#open();
    }
  }

  /** Compares event IDs, hours, and days and months that are rolled up. */
  compare(): void {
    const ids = this.#with((connection) => connection.prepare("SELECT event_id FROM events").all()) ?? [];
    expect(ids.map((row) => uuidText(row["event_id"])).sort()).toEqual([...this.model.events.keys()].sort());
    const closed = Number(
      this.#with((c) => c.prepare("SELECT value FROM state WHERE name = 'closed_day'").get())?.["value"] ?? 0,
    );
    const days: Rollups = new Map();
    const months: Rollups = new Map();
    for (const [key, counts] of this.model.hours) {
      const [hour = "", ...dimensions] = key.split(" ");
      const day = dayOfHour(Number(hour));
      if (day < closed) addTo(days, [day, ...dimensions].join(" "), counts);
      const month = monthOfDay(day);
      if (firstDayOfMonth(month + 1) <= closed) addTo(months, [month, ...dimensions].join(" "), counts);
    }
    expect(this.#rollups(0)).toEqual(this.model.hours);
    expect(this.#rollups(1)).toEqual(days);
    expect(this.#rollups(2)).toEqual(months);
  }

  close(): void {
    this.#store.close();
  }

  #rollups(grain: number): Rollups {
    const rows =
      this.#with((connection) =>
        connection
          .prepare(
            `SELECT m.bucket, d.source, d.command_path, m.count, m.duration_sum
             FROM rollups m JOIN dimensions d ON d.id = m.dimensions WHERE m.grain = ?`,
          )
          .all(grain),
      ) ?? [];
    const rollups: Rollups = new Map();
    for (const { bucket, source, command_path: path, count, duration_sum: sum } of rows) {
      addTo(rollups, `${bucket} ${source} ${path}`, [Number(count), Number(sum)]);
    }
    return rollups;
  }

  /** The rows that an erasure must leave byte by byte as they are. */
  #otherRollups(selection: EraseSelection): readonly string[] {
    const rows = this.#store.withExistingDatabase((connection) => {
      immediately(connection, () => new RecentRollups(connection).flush());
      return connection
        .prepare("SELECT m.*, d.source, d.key FROM metrics m JOIN dimensions d ON d.id = m.dimensions")
        .all();
    });
    return (rows ?? [])
      .filter(({ grain, bucket, source }) => !coversBucket(selection, Number(grain), Number(bucket), String(source)))
      .map((row) => JSON.stringify(row));
  }

  #with<T>(work: Parameters<typeof Store.prototype.read<T>>[0]): T | undefined {
    return this.#store.read(work);
  }

  #write(events: readonly CleanEvent[]): void {
    if (events.length === 0) return;
    this.#store.write(events);
    this.model.write(events);
  }

  #event(ts: number): CleanEvent {
    this.#seq += 1;
    const source: Source = sources[this.#seq % 2] ?? "vscode";
    const session_id = this.#sessions[Math.floor(this.#seq / 3) % 2] ?? "";
    const event = cleanToolUse(
      { command_line: lines[this.#seq % 3] ?? "", duration_ms: this.#seq },
      { ts, source, session_id, seq: this.#seq, utc_offset_min: (this.#seq % 5) * 150 - 300 },
    );
    this.#written.push(event);
    return event;
  }

  #open(): Store {
    return new Store(this.#file, productInfo, this.#clock);
  }
}

describe("invariant: never-lost-never-twice", () => {
  it("contains the same as a model after any sequence of operations", () => {
    const folder = tempFolder();
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const world = new World(folder);
        try {
          for (const next of steps) world.run(next);
          world.compare();
        } finally {
          world.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
