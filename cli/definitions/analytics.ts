/** `nexus stats` and `nexus insights`. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import { withExamples, withJson, withPeriod } from "./options.ts";

export function addAnalytics(nexus: Command): void {
  withExamples(
    withPeriod(
      withJson(
        nexus.command("stats").description("print what your tools did: the last 30 days, or another period"),
        "{version, period, fromMs, toMs, unit, recordedFromMs, sessions, averageSessionMs, workspacesCreated, tasksCompleted, commands, succeeded, failed, cancelled, successRate, durations, topCommands, topTools, activity, before: {commands, successRate, totalMs, sessions}, dropped}",
      ),
    ),
    "nexus stats --week",
    "nexus stats --from 2026-01-01 --to 2026-01-31 --json",
  ).action(lazyAction(() => import("../commands/stats.ts")));

  withExamples(
    withPeriod(
      withJson(
        nexus
          .command("insights")
          .description("print what stands out, the most costly first, each with what it rests on")
          .option("--slow", "what is slow, or got slower")
          .option("--errors", "what fails")
          .option("--agents", "tools of AI agents that fail or stall"),
        "{version, period, fromMs, runs, filters, insights: [{id, kind, subject, agent, score, evidence, sentence, advice}]}",
      ),
    ),
    "nexus insights",
    "nexus insights --errors --week",
  ).action(lazyAction(() => import("../commands/insights.ts")));
}
