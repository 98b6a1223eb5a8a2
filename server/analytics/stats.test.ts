import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Period } from "../../shared/protocol/reports.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import { admitted, cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { anything } from "../../test/fixtures/raw-events.ts";
import { localToolUse, readBothWays } from "../../test/fixtures/read-rollups.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { Store } from "../store/store.ts";
import { productInfo } from "../worker/product-info.ts";
import { previousSpan, SelectionError, spanOf, unitOf } from "./calendar.ts";
import { PeriodQuery } from "./period-query.ts";
import { emptyStats, readStats } from "./stats.ts";
import { readToday } from "./today.ts";

/** Local noon of a day in summer. */
const now = new Date(2026, 6, 15, 12, 30).getTime();
const hourMs = 60 * 60 * 1000;

function statsOf(uses: readonly (readonly [number, Partial<RawEventFields["agent_event"]>])[], period: Period) {
  return readBothWays(
    uses.map(([ts, fields]) => localToolUse(ts, fields)),
    now,
    (connection) => readStats(new PeriodQuery({ period }, now).on(connection)),
  );
}

describe("stats", () => {
  it("counts terminal events only", () => {
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
      // Quantiles of the sketch are accurate to 2%.
      durations: { medianMs: 10, p95Ms: expect.closeTo(500, -1.3), totalMs: 545 },
      topTools: [{ name: "run_terminal_cmd", source: "vscode_terminal", count: 4, failed: 1 }],
    });
    expect(stats?.topCommands).toEqual([
      { name: "git status", source: null, count: 2, failed: 1, medianMs: 10, totalMs: 40 },
      { name: "ls", source: null, count: 1, failed: 0, medianMs: 5, totalMs: 5 },
      { name: "npm run", source: null, count: 1, failed: 0, medianMs: 500, totalMs: 500 },
    ]);
    expect(stats?.activity).toHaveLength(24);
    expect(stats?.activity[11]).toMatchObject({ succeeded: 2, failed: 1, other: 0 });
    expect(stats?.activity[10]).toMatchObject({ succeeded: 0, failed: 0, other: 1 });
  });

  it("counts neither agents' tool calls nor our own commands as commands", () => {
    const at = { ts: now - hourMs, utc_offset_min: -new Date(now).getTimezoneOffset() };
    const own = { event_type: "command_finished", source: "vscode", command_path: "telemetry status" };
    const events = [
      localToolUse(at.ts),
      cleanToolUse({ tool_name: "Bash" }, { ...at, source: "claude_code" }),
      admitted(anything({ ...at, ...own })),
      admitted(anything({ ...at, ...own, source: "nexus_cli", command_path: "think" })),
    ];
    const stats = readBothWays(events, now, (connection) =>
      readStats(new PeriodQuery({ period: "today" }, now).on(connection)),
    );
    expect(stats.commands).toBe(2);
    expect(stats.topTools.map(({ source, count }) => [source, count])).toEqual([
      ["claude_code", 1],
      ["vscode_terminal", 1],
    ]);
    const today = readBothWays(events, now, (connection) => readToday(connection, now));
    expect(today).toEqual({ commands: 2, failed: 0, agentToolCalls: 1, purgeMark: 0 });
  });

  it("covers a week and a month of local days", () => {
    const day = (back: number) => new Date(2026, 6, 15 - back, 0, 0, 1).getTime();
    const uses = [0, 6, 7, 29, 30].map((back) => [day(back), {}] as const);
    expect(statsOf(uses, "today")?.commands).toBe(1);
    expect(statsOf(uses, "week")?.commands).toBe(2);
    expect(statsOf(uses, "month")?.commands).toBe(4);
  });

  it("covers a year by months and reports the start of recording", () => {
    const uses = [0, 40, 100, 200, 380].map((back) => [new Date(2026, 6, 15 - back, 10).getTime(), {}] as const);
    const stats = statsOf(uses, "year");
    expect(stats.commands).toBe(4);
    expect(stats?.recordedFromMs).toBeNull();
    expect(stats?.activity.map(({ succeeded }) => succeeded)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1]);
  });

  it("compares with the same number of days before, and today with yesterday up to this hour", () => {
    const at = (daysAgo: number, hour: number) => new Date(2026, 6, 15 - daysAgo, hour, 10).getTime();
    const uses = [
      ...[0, 0, 1].map((days) => [at(days, 9), { duration_ms: 100 }] as const),
      [at(1, 18), {}] as const,
      [at(8, 9), { exit_code: 1 }] as const,
      [at(20, 9), {}] as const,
    ];
    expect(statsOf(uses, "today")?.before).toMatchObject({ commands: 1, successRate: 1, totalMs: 100, sessions: 1 });
    expect(statsOf(uses, "week")?.before).toMatchObject({ commands: 1, successRate: 0 });
    // Recording had not started then.
    expect(statsOf(uses, "month")?.before).toBeNull();
  });

  it("uses the local time of the recording machine", () => {
    const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
    // 22:00 on the 14th in Tokyo, 15:00 here.
    const at = Date.UTC(2026, 6, 14, 13);
    store.write([cleanToolUse({}, { ts: at, utc_offset_min: 540 })]);
    const bars =
      store.read((connection) => readStats(new PeriodQuery({ period: "week" }, now).on(connection)))?.activity ?? [];
    store.close();
    expect(bars.map(({ succeeded }) => succeeded)).toEqual([0, 0, 0, 0, 0, 1, 0]);
  });

  it("returns empty bars without data", () => {
    const { activity, fromMs, ...numbers } = emptyStats(new PeriodQuery({ period: "month" }, now));
    expect(numbers).toEqual({
      period: "month",
      toMs: now,
      unit: "day",
      recordedFromMs: null,
      exitRulesSinceMs: null,
      before: null,
      dropped: 0,
      sessions: 0,
      averageSessionMs: null,
      workspacesCreated: 0,
      tasksCompleted: 0,
      commands: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      successRate: null,
      durations: null,
      topCommands: [],
      topTools: [],
    });
    expect(activity).toHaveLength(30);
    expect(activity[0]?.startMs).toBe(fromMs);
    for (const { succeeded, failed, other } of activity) expect([succeeded, failed, other]).toEqual([0, 0, 0]);
  });
});

describe("calendar", () => {
  it("has 24 local hours per day, also when daylight saving time changes", () => {
    for (const day of [new Date(2026, 2, 29, 12), new Date(2026, 9, 25, 12)]) {
      expect(spanOf({ period: "today" }, day.getTime()).buckets).toHaveLength(24);
    }
  });

  it("starts every day at local midnight, across a daylight saving change", () => {
    const { buckets } = spanOf({ period: "month" }, new Date(2026, 10, 10, 12).getTime());
    expect(buckets).toHaveLength(30);
    for (const { startMs } of buckets) expect(new Date(startMs).getHours()).toBe(0);
  });

  it("accepts custom periods of up to sixty months, with a previous period", () => {
    const custom = (from: string, to: string) => spanOf({ period: "custom", from, to }, now);
    // Two leap years, and one in the previous period, which spans 61 months.
    const { fromHour, toHour } = previousSpan(custom("2020-01-01", "2024-12-31"));
    expect([(toHour - fromHour) / 24, new Date(toHour * 60 * 60 * 1000).toISOString()]).toEqual([
      1827,
      "2020-01-01T00:00:00.000Z",
    ]);
    for (const [from, to] of [
      ["2020-01-01", "2025-01-01"],
      ["2026-02-01", "2026-01-31"],
      ["2026-02-30", "2026-03-01"],
      ["2026-2-3", "2026-03-01"],
    ] as const) {
      expect(() => custom(from, to)).toThrow(SelectionError);
    }
  });

  it("shows a custom period by hour, day or month, depending on its length", () => {
    const shown = (from: string, to: string) => {
      const { grain, buckets } = spanOf({ period: "custom", from, to }, now);
      return [unitOf[grain], buckets.length];
    };
    expect(shown("2026-03-01", "2026-03-01")).toEqual(["hour", 24]);
    expect(shown("2026-03-01", "2026-03-02")).toEqual(["hour", 48]);
    expect(shown("2026-03-01", "2026-03-03")).toEqual(["day", 3]);
    expect(shown("2026-03-15", "2026-06-15")).toEqual(["month", 4]);
  });

  it("starts every month of a year on its first day", () => {
    const { buckets, endMs } = spanOf({ period: "year" }, now);
    expect(buckets.map(({ startMs }) => new Date(startMs).getDate())).toEqual(new Array(13).fill(1));
    expect(new Date(endMs).getTime()).toBe(new Date(2026, 6, 16).getTime());
  });
});
