/** `nexus stats` and `nexus insights`. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import { withExamples, withJson, withPeriod } from "./options.ts";

export function addAnalytics(nexus: Command): void {
  withExamples(
    withPeriod(
      withJson(
        nexus.command("stats").description("show usage statistics (default: last 30 days)"),
        "{version, period, fromMs, toMs, unit, recordedFromMs, exitRulesSinceMs, sessions, averageSessionMs, workspacesCreated, tasksCompleted, commands, succeeded, failed, cancelled, successRate, durations: {medianMs, p95Ms, totalMs}, topCommands: [{name, source, count, failed, medianMs, totalMs}], topTools, activity: [{startMs, succeeded, failed, other}], before: {commands, successRate, totalMs, sessions}, dropped}; topTools has the fields of topCommands",
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
          .description("show insights with evidence, most costly first")
          .option("--slow", "only insights about slow, slower and stalled commands and tools")
          .option("--errors", "only insights about failing and flaky commands and tools")
          .option("--agents", "only insights about agents' tools that fail or stall"),
        "{version, period, fromMs, runs, insights: [{id, kind, subject, agent, score, evidence, sentence, advice}], filters}",
      ),
    ),
    "nexus insights",
    "nexus insights --errors --week",
  ).action(lazyAction(() => import("../commands/insights.ts")));
}
