import { describe, expect, it } from "vitest";
import { admitted } from "../../test/fixtures/clean-events.ts";
import { anything } from "../../test/fixtures/raw-events.ts";
import { localToolUse, readBothWays } from "../../test/fixtures/read-rollups.ts";
import { PeriodQuery } from "./period-query.ts";
import { emptyToolCalls, readToolCalls } from "./tool-calls.ts";

const at = (daysAgo: number, hour = 9) => new Date(2026, 6, 15 - daysAgo, hour, 10).getTime();
const now = at(0, 12);

const read = (uses: Parameters<typeof readBothWays>[0], period: "today" | "week") =>
  readBothWays(uses, now, (connection) => readToolCalls(new PeriodQuery({ period }, now).on(connection)));

describe("tool calls", () => {
  it("reports calls, failures with their interval, and quantiles per tool", () => {
    const uses = Array.from({ length: 100 }, (_, n) =>
      localToolUse(at(n % 7), { command_line: "ls", duration_ms: 10 * (n + 1), exit_code: n < 10 ? 1 : 0 }),
    );
    const { tools } = read(uses, "week");
    expect(tools).toHaveLength(1);
    expect(tools[0]).toMatchObject({
      name: "run_terminal_cmd",
      source: "vscode_terminal",
      calls: 100,
      failed: 10,
      cancelled: 0,
      failure: { rate: 0.1, low: expect.closeTo(0.0552, 3), high: expect.closeTo(0.1744, 3) },
      before: null,
    });
    // Sketches are accurate to 2%.
    expect(tools[0]?.durations?.medianMs).toBeGreaterThan(490);
    expect(tools[0]?.durations?.medianMs).toBeLessThan(510);
    expect(tools[0]?.durations?.p99Ms).toBeGreaterThan(970);
    expect(tools[0]?.trend).toEqual([14, 14, 14, 14, 14, 15, 15]);
  });

  it("compares with the previous period", () => {
    const uses = [
      ...[0, 1].map((day) => localToolUse(at(day))),
      ...[7, 8, 9, 10].map((day) => localToolUse(at(day), { exit_code: day === 7 ? 1 : 0 })),
      localToolUse(at(14)),
    ];
    expect(read(uses, "week").tools[0]).toMatchObject({ calls: 2, before: { calls: 4, failureRate: 0.25 } });
  });

  it("reports the coverage of each source: starts, ends, outcomes, durations", () => {
    const silent = anything({ ts: at(3), stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "end" });
    const uses = [
      ...[1, 2, 3].map((day) => localToolUse(at(day), { tool_phase: "start" })),
      localToolUse(at(1), { exit_code: 0, duration_ms: 5 }),
      localToolUse(at(2), { exit_code: 130, duration_ms: 5 }),
      admitted(silent),
    ];
    expect(read(uses, "week").coverage).toEqual([
      { source: "vscode_terminal", started: 3, ended: 3, withOutcome: 2, withDuration: 2, failed: 0, missedByHooks: 0 },
    ]);
  });

  it("counts the calls that only OpenTelemetry reported, except denied ones", () => {
    const use = (source: "claude_code" | "otlp", part: object = {}) =>
      admitted(
        anything({
          ts: at(1),
          source,
          stream: "tool",
          tool_name: "Bash",
          tool_phase: "end",
          agent: "claude_code",
          status: "ok",
          ...part,
        }),
      );
    const uses = [
      use("claude_code"),
      use("otlp"),
      use("otlp"),
      use("otlp", { status: "cancelled" }),
      use("otlp", { agent: "codex" }),
    ];
    const { coverage } = read(uses, "week");
    expect(coverage.find(({ source }) => source === "claude_code")).toMatchObject({ ended: 1, missedByHooks: 2 });
    expect(coverage.find(({ source }) => source === "otlp")).toMatchObject({ ended: 4, missedByHooks: 0 });
  });

  it("returns no tools without data", () => {
    expect(emptyToolCalls(new PeriodQuery({ period: "month" }, now))).toMatchObject({
      tools: [],
      coverage: [],
      unit: "day",
    });
  });
});
