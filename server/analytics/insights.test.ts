import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import type { Period } from "../../shared/protocol/reports.ts";
import { insightText, matchesFilter } from "../../shared/text/insights.ts";
import { admitted, cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { englishOf } from "../../test/fixtures/message-text.ts";
import { editorActivity } from "../../test/fixtures/raw-events.ts";
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
const insightsOf = (...all: readonly Runs[]) => insightsIn("month", all);

function insightsIn(period: Period, all: readonly Runs[]) {
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
  const found = store.read((connection) => readInsights(new PeriodQuery({ period }, now).on(connection)));
  store.close();
  return found?.insights ?? [];
}

/** The insight about a check after five repetitions of these events in one session: `LINE CODE` or `edit`. */
function checkInsight(steps: readonly string[], minutes = 15) {
  const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
  const session_id = v4();
  const all = Array.from({ length: 5 }, () => steps).flat();
  store.write(
    all.map((step, n) => {
      const envelope = { ts: now - (all.length - n) * minutes * 60_000, session_id, seq: n + 1 } as const;
      if (step === "edit") return admitted(editorActivity({ language: "typescript", saves: 1 }, envelope), now);
      const end = { exit_code: Number(step.at(-1)), duration_ms: 100 };
      return cleanToolUse({ command_line: step.slice(0, -2), tool_phase: "end", ...end }, envelope);
    }),
  );
  const found = store.read((connection) => readInsights(new PeriodQuery({ period: "month" }, now).on(connection)));
  store.close();
  return found?.insights.find(({ subject }) => subject === "npm test");
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
    // The time of an editor, a server or a watcher is not waiting time.
    for (const line of ["vim", "npm run dev", "tail -f x", "ssh host", "gh run watch"]) {
      expect(kinds({ line, count: 100, ms: 600_000 })).toEqual([]);
    }
  });

  it("finds a slowdown only if it exceeds chance", () => {
    const before = { line: "npm test", count: 100, ms: 2_000, ago: 31 };
    expect(kinds(before, { line: "npm test", count: 100, ms: 3_000 })).toContain("slower npm test");
    expect(kinds(before, { line: "npm test", count: 100, ms: 2_050 })).toEqual([]);
    expect(kinds(before, { line: "npm test", count: 8, ms: 4_000 })).toEqual([]);
    expect(kinds(before, { line: "npm test", count: 100, ms: 1_000 })).toEqual([]);
  });

  it("finds failing commands, with the confidence interval", () => {
    const [often] = insightsOf({ line: "terraform apply", count: 30, ms: 100, failed: 25 });
    expect(often).toMatchObject({ kind: "failing", evidence: { sample: 30, failed: 25 } });
    expect(often?.evidence.low).toBeGreaterThan(0.5);
    expect(kinds({ line: "npm test", count: 100, ms: 100, failed: 30 })).toEqual(["red_green npm test"]);
    expect(kinds({ line: "npm test", count: 100, ms: 100, failed: 8 })).toEqual([]);
    expect(kinds({ line: "npm test", count: 9, ms: 100, failed: 9 })).toEqual([]);
  });

  it.each(["today", "week", "month", "year"] as const)(
    "finds a planted change in the view %s, and its day",
    (period) => {
      const days = period === "today" ? 0 : 4;
      const found = insightsIn(period, [
        { line: "npm test", count: 100, ms: 15_000, ago: days + 1 },
        { line: "npm test", count: 10 * (days + 1), ms: 38_000 },
      ]);
      const slower = found.find(({ kind }) => kind === "slower");
      expect(slower).toMatchObject({ subject: "npm test" });
      expect(slower?.evidence.medianMs).toBeGreaterThan(35_000);
      expect(slower?.evidence.before?.medianMs).toBeLessThan(17_000);
      expect(slower?.evidence.sinceMs).toBe(new Date(2026, 6, 15 - days).getTime());
    },
  );

  it("never takes the answer of a search for a failure, nor the outcome of a line for a command's", () => {
    expect(kinds({ line: "grep -q x y", count: 100, ms: 10, failed: 50 })).toEqual([]);
    expect(kinds({ line: "terraform apply && make", count: 100, ms: 10, failed: 50 })).toEqual([]);
    expect(kinds({ line: "terraform apply", count: 100, ms: 10, failed: 50 })).toEqual(["failing terraform apply"]);
  });

  it("counts the tries until green, and calls a check flaky only if nothing happened in between", () => {
    const tries = checkInsight(["npm test 1", "edit", "npm test 1", "edit", "npm test 0", "git status 0"]);
    expect(tries).toMatchObject({ kind: "red_green", evidence: { tries: 3, phases: 5 } });
    expect(checkInsight(["npm test 1", "git status 0", "npm test 0", "edit"])).toMatchObject({ kind: "red_green" });
    expect(checkInsight(["npm test 1", "npm test 0", "edit"])).toMatchObject({
      kind: "flaky",
      evidence: { phases: 5 },
    });
    // What was saved is reported some minutes later, and may have been saved in between.
    expect(checkInsight(["npm test 1", "npm test 0", "edit"], 3)).toMatchObject({ kind: "red_green" });
    // Without saved files in the data, an edit cannot be excluded.
    expect(checkInsight(["npm test 1", "npm test 0"])).toMatchObject({ kind: "red_green" });
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
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["slow", "slower", "waiting", "failing", "unused"]));
    expect(all.at(-1)).toMatchObject({ kind: "unused", subject: "nexus dashboard" });
    for (const insight of all) {
      const { sentence, evidence, advice, why } = insightText(insight);
      expect(englishOf([sentence, ...evidence, advice, why])).not.toMatch(/undefined|null|NaN|unknown|\{/);
    }
  });
});
