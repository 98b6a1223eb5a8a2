/** `nexus stats`, `nexus cost`, `nexus sessions` and `nexus insights`. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import { parseInteger, withExamples, withJson, withPeriod, withQuery } from "./options.ts";

const measuresShape =
  "{runs, waitingMs, calls, refused, turns, permissionRequests, permissionWaitMs, activeMs, requests, tokens: {input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning}, cost: {listUsd, reportedUsd, unpricedTokens}}";

export function addAnalytics(nexus: Command): void {
  withExamples(
    withQuery(
      withPeriod(
        withJson(
          nexus.command("stats").description("show usage statistics (default: last 30 days)"),
          "{version, period, fromMs, toMs, unit, recordedFromMs, exitRulesSinceMs, sessions, averageSessionMs, workspacesCreated, tasksCompleted, commands, succeeded, failed, cancelled, successRate, durations: {medianMs, p95Ms, totalMs}, topCommands: [{name, source, count, failed, medianMs, totalMs}], topTools, activity: [{startMs, succeeded, failed, other}], before: {commands, successRate, totalMs, sessions}, dropped}; topTools has the fields of topCommands; with a grouping or filter see nexus cost",
        ),
      ),
      "",
    ),
    "nexus stats --week",
    "nexus stats --by command --sort waiting",
    "nexus stats --by day --command 'npm test'",
    "nexus stats --from 2026-01-01 --to 2026-01-31 --json",
  ).action(lazyAction(() => import("../commands/stats.ts")));

  withExamples(
    withQuery(
      withPeriod(
        withJson(
          nexus.command("cost").description("show tokens and cost of AI models (default: last 30 days, by model)"),
          `{version, asOfMs, fromMs, toMs, recordedFromMs, by, groups: [{key, measures: ${measuresShape}}], total: measures, pricesAsOf, unpriced, more}; runs and calls are {count, ok, failed, cancelled, failure: {rate, low, high}, totalMs, medianMs, p95Ms, p99Ms}`,
        ),
      ),
      " (default: model)",
    ),
    "nexus cost",
    "nexus cost --by day --week",
    "nexus cost --by agent --model claude-opus-5",
  ).action(lazyAction(() => import("../commands/cost.ts")));

  withExamples(
    withPeriod(
      withJson(
        nexus
          .command("sessions")
          .description("list the newest sessions, or show the timeline of one")
          .argument("[id]", "start of a session's ID")
          .option("--agent <name>", "only of an agent, such as claude_code")
          .option("--source <name>", "only of a source, such as vscode_terminal")
          .option("--limit <n>", "maximum number of sessions (default: 20)", parseInteger),
        `{version, sessions: [{id, startedMs, endedMs, sources, subagentCalls, measures: ${measuresShape}}]}; of one {version, events: [{tsMs, source, name, outcome, durationMs}]}`,
      ),
    ),
    "nexus sessions --today",
    "nexus sessions --agent claude_code --week",
  ).action(lazyAction(() => import("../commands/sessions.ts")));

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
