/** The commands that answer questions: `nexus stats`, `commands`, `why`, `cost`, `sessions`, `insights`, `report`, `tail`, `query`. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import {
  parseAmount,
  parseInteger,
  withCsv,
  withExamples,
  withFilters,
  withJson,
  withPeriod,
  withQuery,
} from "./options.ts";

const measuresShape =
  "{runs, waitingMs, calls, refused, turns, permissionRequests, permissionWaitMs, activeMs, requests, sessions, tokens: {input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning}, cost: {listUsd, reportedUsd, unpricedTokens}}";
export const answerShape = `{version, asOfMs, fromMs, toMs, recordedFromMs, exitRulesSinceMs, isOver, lost, by, groups: [{key, measures: ${measuresShape}}], total: measures, before: {fromMs, toMs, groups, total}, pricesAsOf, unpriced}; runs and calls are {count, ok, failed, cancelled, failure: {rate, low, high, sample}, timed, totalMs, medianMs, p95Ms, p99Ms}; before is null without a comparison`;
const seeCost = "see nexus cost";

export function addAnalytics(nexus: Command): void {
  withExamples(
    withQuery(
      withPeriod(withJson(nexus.command("stats").description("show what the time and the money went into"), seeCost)),
      " (default: an overview)",
    ),
    "nexus stats --week",
    "nexus stats --by day --command 'npm test' --last 14d",
    "nexus stats --by workspace --compare previous",
    "nexus stats --workspace this --year",
  ).action(lazyAction(() => import("../commands/stats.ts")));

  withExamples(
    withQuery(
      withPeriod(
        withJson(nexus.command("commands").description("list every command, most waiting time first"), seeCost),
      ),
      " (default: command)",
    ),
    "nexus commands --sort failed",
    "nexus commands --class check --limit 50",
    "nexus commands --year --csv > commands.csv",
  ).action(lazyAction(() => import("../commands/commands.ts")));

  withExamples(
    withFilters(
      withPeriod(
        withJson(
          nexus
            .command("why")
            .option("--csv", "print CSV")
            .description("show everything about one command: history, changes, hours, exit classes, workspaces")
            .argument("<command...>", "command, such as npm test"),
          `as nexus cost, with command, class, hours: [{key, value}], insights, and exit, workspace, source and commands: [{key, runs, failureRate, medianMs}]`,
        ),
      ),
    ),
    "nexus why npm test",
    "nexus why cargo build --year --workspace this",
  ).action(lazyAction(() => import("../commands/why.ts")));

  withExamples(
    withQuery(
      withPeriod(
        withJson(
          nexus.command("cost").description("show tokens and cost of AI models (default: last 30 days, by model)"),
          `${answerShape}; more: groups that --limit left out; with --budget budget: {budgetUsd, spentUsd, expectedUsd}; with --blocks {version, asOfMs, blocks: [{startMs, endMs, requests, tokens, listUsd}]}`,
        ),
      ),
      " (default: model)",
    )
      .option("--blocks", "blocks of five hours, with the rate of the current one (default: last 7 days)")
      .option(
        "--budget <usd>",
        "compare with a budget for a calendar month, or with --blocks for a block",
        parseAmount,
      ),
    "nexus cost",
    "nexus cost --by day --week",
    "nexus cost --by session --agent claude_code",
    "nexus cost --blocks --budget 20",
  ).action(lazyAction(() => import("../commands/cost.ts")));

  withExamples(
    withFilters(
      withPeriod(
        withCsv(
          withJson(
            nexus
              .command("sessions")
              .description("list the newest sessions, or show the timeline of one")
              .argument("[id]", "start of a session's ID")
              .option("--limit <n>", "maximum number of sessions (default: 20)", parseInteger),
            `{version, sessions: [{id, startedMs, endedMs, sources, subagentCalls, measures: ${measuresShape}}]}; of one {version, events: [{tsMs, source, name, outcome, durationMs}]}`,
          ),
        ),
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
          .option("--csv", "print CSV")
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

  withExamples(
    withFilters(
      withPeriod(
        withJson(
          nexus
            .command("report")
            .option("--csv", "print CSV")
            .description("print a digest of a day, a week (default) or a month")
            .option("--day", "today")
            .option("--format <format>", "md (default), html or json"),
          "{version, title, headlines: [{name, text}], tables: [{title, headings, rows}], findings: [{sentence, advice}], notes}",
        ),
        "",
      ),
    ),
    "nexus report --week > week.md",
    "nexus report --month --format html > month.html",
    "nexus report --yesterday --workspace this",
  ).action(lazyAction(() => import("../commands/report.ts")));

  withExamples(
    withFilters(
      withJson(
        nexus
          .command("tail")
          .option("--csv", "print CSV")
          .description("print events as they are stored, until Ctrl+C")
          .option("--limit <n>", "stored events to begin with (default: 10)", parseInteger)
          .option("--no-follow", "print the newest events and end"),
        "one line for each event: {key, tsMs, source, session, name, outcome, exitClass, durationMs}",
      ),
    ),
    "nexus tail",
    "nexus tail --agent claude_code --outcome failed",
  ).action(lazyAction(() => import("../commands/tail.ts")));

  withExamples(
    withCsv(
      withJson(
        nexus
          .command("query")
          .description("run a SELECT on the database; nothing can be changed")
          .argument("[sql]", "one statement; without it, or with -, from standard input")
          .option("--views", "list the views with their columns")
          .option("--timeout <seconds>", "time after which the query is ended (default: 10)", parseInteger)
          .option("--limit <n>", "maximum number of rows (default and most: 10000)", parseInteger),
        "{version, columns, rows: [{column: value}], cut}; with --views {version, views: [{name, description, columns}]}",
      ),
    ),
    "nexus query --views",
    "nexus query 'SELECT command_path, sum(count) n FROM totals_readable GROUP BY 1 ORDER BY n DESC LIMIT 10'",
    "nexus query --csv < question.sql",
  ).action(lazyAction(() => import("../commands/query.ts")));

  nexus
    .command("query-rows", { hidden: true })
    .description("the child process of nexus query: reads a statement, prints rows as JSON")
    .option("--limit <n>", "maximum number of rows", parseInteger)
    .action(lazyAction(() => import("../commands/query-rows.ts")));
}
