import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import type { CapturedFields } from "../../shared/captured.ts";
import { cleanToolUse } from "../../test/fixtures/clean.ts";
import { freshFolder } from "../../test/fixtures/folder.ts";
import { systemClock } from "../clock.ts";
import { thisProduct } from "../product.ts";
import { Store } from "../store/store.ts";
import { bucketIndex, bucketsOf } from "./calendar.ts";
import { emptyStats, percentile, readStats } from "./stats.ts";

/** Local noon of a day in summer. */
const now = new Date(2026, 6, 15, 12, 30).getTime();
const hourMs = 60 * 60 * 1000;

function statsOf(
  uses: readonly (readonly [number, Partial<CapturedFields["agent_event"]>])[],
  period: "today" | "week" | "month",
) {
  const store = new Store(join(freshFolder(), "telemetry.db"), thisProduct, systemClock);
  store.write(uses.map(([ts, fields]) => cleanToolUse(fields, { ts, session_id: v4() })));
  const stats = store.read((connection) => readStats(connection, period, now));
  store.close();
  return stats;
}

describe("stats", () => {
  it("counts what ended, and only that", () => {
    const stats = statsOf(
      [
        [now - hourMs, { command_line: "git status", duration_ms: 10 }],
        [now - hourMs, { command_line: "git status", duration_ms: 30, exit_code: 1 }],
        [now - hourMs, { command_line: "npm run x", duration_ms: 500 }],
        [now - 2 * hourMs, { command_line: "ls", exit_code: 130, duration_ms: 5 }],
        [now - hourMs, { tool_phase: "start", command_line: "git status" }],
        [now - 13 * hourMs, { command_line: "ls" }],
      ],
      "today",
    );
    expect(stats).toMatchObject({
      commands: 4,
      succeeded: 2,
      failed: 1,
      cancelled: 1,
      successRate: 2 / 3,
      sessions: 5,
      durations: { medianMs: 10, p95Ms: 500, totalMs: 545 },
      topTools: [{ name: "run_terminal_cmd", count: 4, failed: 1 }],
    });
    expect(stats?.topCommands).toEqual([
      { name: "git status", count: 2, failed: 1, medianMs: 10, totalMs: 40 },
      { name: "ls", count: 1, failed: 0, medianMs: 5, totalMs: 5 },
      { name: "npm run", count: 1, failed: 0, medianMs: 500, totalMs: 500 },
    ]);
    expect(stats?.activity).toHaveLength(24);
    expect(stats?.activity[11]).toMatchObject({ succeeded: 2, failed: 1, other: 0 });
    expect(stats?.activity[10]).toMatchObject({ succeeded: 0, failed: 0, other: 1 });
  });

  it("counts a week and a month of local days", () => {
    const day = (back: number) => new Date(2026, 6, 15 - back, 0, 0, 1).getTime();
    const uses = [0, 6, 7, 29, 30].map((back) => [day(back), {}] as const);
    expect(statsOf(uses, "today")?.commands).toBe(1);
    expect(statsOf(uses, "week")?.commands).toBe(2);
    expect(statsOf(uses, "month")?.commands).toBe(4);
  });

  it("is empty, with all its bars, where nothing is", () => {
    expect(emptyStats("month", now)).toMatchObject({ commands: 0, successRate: null, durations: null });
    expect(emptyStats("month", now).activity).toHaveLength(30);
  });
});

describe("calendar", () => {
  it("has 23 and 25 hours on the days the clocks change", () => {
    expect(bucketsOf("today", new Date(2026, 2, 29, 12).getTime()).startsMs).toHaveLength(23);
    expect(bucketsOf("today", new Date(2026, 9, 25, 12).getTime()).startsMs).toHaveLength(25);
  });

  it("begins every day of a month at local midnight, over a change of clocks", () => {
    const { startsMs } = bucketsOf("month", new Date(2026, 10, 10, 12).getTime());
    for (const startMs of startsMs) expect(new Date(startMs).getHours()).toBe(0);
  });

  it("puts a moment into the bucket that holds it", () => {
    const buckets = bucketsOf("week", now);
    expect(bucketIndex(buckets, now)).toBe(6);
    expect(bucketIndex(buckets, buckets.fromMs)).toBe(0);
    expect(bucketIndex(buckets, buckets.fromMs - 1)).toBe(-1);
    expect(bucketIndex(buckets, buckets.endMs)).toBe(-1);
  });
});

describe("percentile", () => {
  it("is the nearest rank", () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile([3], 0.95)).toBe(3);
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
    expect(percentile([4, 1, 3, 2], 1)).toBe(4);
  });
});
