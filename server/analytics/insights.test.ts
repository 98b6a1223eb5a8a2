import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { insightText, matchesFilter } from "../../shared/text/insights.ts";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { englishOf } from "../../test/fixtures/message-text.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { Store } from "../store/store.ts";
import { productInfo } from "../worker/product-info.ts";
import { readInsights } from "./insights.ts";
import { PeriodQuery } from "./period-query.ts";

const now = new Date(2026, 6, 15, 12, 30).getTime();
const dayMs = 24 * 60 * 60 * 1000;

interface Runs {
  readonly line: string;
  readonly count: number;
  readonly ms: number;
  readonly failed?: number;
  /** Days since the last of them. */
  readonly ago?: number;
  readonly source?: "vscode_terminal" | "claude_code";
  readonly phase?: "start" | "end";
}

/** Runs, ten per day, with durations spread by half around the median. */
function insightsOf(...all: readonly Runs[]) {
  const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
  for (const { line, count, ms, failed = 0, ago = 0, source = "vscode_terminal", phase = "end" } of all) {
    const session_id = v4();
    store.write(
      Array.from({ length: count }, (_, n) => {
        const duration_ms = Math.round(ms * (0.75 + (0.5 * ((n * 7) % count)) / count));
        const ts = now - ago * dayMs - Math.floor(n / 10) * dayMs - (n % 10) * 60_000;
        const end = phase === "end" ? { exit_code: n < failed ? 1 : 0, duration_ms } : {};
        return cleanToolUse({ command_line: line, tool_phase: phase, ...end }, { ts, session_id, source, seq: n + 1 });
      }),
    );
  }
  const found = store.read((connection) => readInsights(new PeriodQuery({ period: "month" }, now).on(connection)));
  store.close();
  return found?.insights ?? [];
}

/** Insights without the suggestion, which needs a hundred runs. */
const kinds = (...all: readonly Runs[]) =>
  insightsOf(...all)
    .filter(({ kind }) => kind !== "unused")
    .map(({ kind, subject }) => `${kind} ${subject}`);

describe("insights", () => {
  it("finds slow commands and their cost", () => {
    const [first] = insightsOf({ line: "cargo build", count: 100, ms: 60_000 });
    expect(first).toMatchObject({ kind: "slow", subject: "cargo build", evidence: { sample: 100 } });
    expect(first?.evidence.weekMs).toBeGreaterThan(20 * 60_000);
    expect(kinds({ line: "cargo build", count: 9, ms: 600_000 })).toEqual([]);
    expect(kinds({ line: "git status", count: 100, ms: 30 })).toEqual([]);
    // An editor's duration is not waiting time.
    expect(kinds({ line: "vim", count: 100, ms: 600_000 })).toEqual([]);
  });

  it("finds a slowdown only if it exceeds chance", () => {
    const before = { line: "npm test", count: 100, ms: 2_000, ago: 31 };
    expect(kinds(before, { line: "npm test", count: 100, ms: 3_000 })).toContain("slower npm test");
    expect(kinds(before, { line: "npm test", count: 100, ms: 2_050 })).toEqual([]);
    expect(kinds(before, { line: "npm test", count: 12, ms: 4_000 })).toEqual([]);
    expect(kinds(before, { line: "npm test", count: 100, ms: 1_000 })).toEqual([]);
  });

  it("finds failing commands, with the confidence interval", () => {
    const [often] = insightsOf({ line: "terraform apply", count: 30, ms: 100, failed: 25 });
    expect(often).toMatchObject({ kind: "failing", evidence: { sample: 30, failed: 25 } });
    expect(often?.evidence.low).toBeGreaterThan(0.5);
    expect(kinds({ line: "npm test", count: 100, ms: 100, failed: 30 })).toEqual(["flaky npm test"]);
    expect(kinds({ line: "npm test", count: 100, ms: 100, failed: 8 })).toEqual([]);
    expect(kinds({ line: "npm test", count: 9, ms: 100, failed: 9 })).toEqual([]);
  });

  it("finds failing and unfinished tool calls of agents, separately from terminal commands", () => {
    const agent = { line: "x", ms: 100, source: "claude_code" } as const;
    const found = insightsOf({ ...agent, count: 40, failed: 20 }, { ...agent, count: 60, phase: "start" });
    expect(found.map(({ kind, agent: source }) => [kind, source])).toEqual([
      ["agent_failing", "claude_code"],
      ["agent_stalling", "claude_code"],
    ]);
    expect(found.every((insight) => matchesFilter(insight, ["agents"]) && !insight.id.includes("vscode"))).toBe(true);
  });

  it("describes every kind in a sentence, with evidence and advice", () => {
    const all = insightsOf(
      { line: "cargo build", count: 200, ms: 60_000, failed: 80 },
      { line: "cargo build", count: 100, ms: 30_000, ago: 31 },
      { line: "terraform apply", count: 30, ms: 100, failed: 25 },
    );
    expect(new Set(all.map(({ kind }) => kind))).toEqual(
      new Set(["slow", "slower", "waiting", "flaky", "failing", "unused"]),
    );
    expect(all.at(-1)).toMatchObject({ kind: "unused", subject: "nexus telemetry dashboard" });
    for (const insight of all) {
      const { sentence, evidence, advice } = insightText(insight);
      expect(englishOf([sentence, ...evidence, advice])).not.toMatch(/undefined|null|NaN|unknown|\{/);
    }
  });
});
