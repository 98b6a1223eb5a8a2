/**
 * Insights of a period, ranked by their cost in time per week. Each has a minimum sample and, where it claims a rate or a
 * difference, a statistical test, so that chance produces none.
 */

import type { Insight, Insights } from "../../shared/protocol/reports.ts";
import { dayMs, minuteMs } from "../../shared/schema/durations.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import type { Connection } from "../store/driver/driver.ts";
import { closedDayOf, readRanges, splitByGrain } from "../store/rollups/reader.ts";
import { grains } from "../store/rollups/rollups.ts";
import {
  Aggregate,
  aggregatesByName,
  byName,
  type TerminalRollup,
  terminalColumns,
  terminalRollup,
} from "./aggregate.ts";
import { previousSpan, type Span } from "./calendar.ts";
import { isCommandRun, startedOrEndedCondition } from "./classify.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import { rankSum, threshold, wilson } from "./statistics.ts";

/** Minimum samples. */
const minRuns = 10;
const minRunsToCompare = 20;
/** Minimum median and weekly cost of a slow command. */
const slowMs = 5_000;
const slowWeekMs = 10 * minuteMs;
/** Runs longer than this count as waiting. */
const waitMs = 10_000;
const waitWeekMs = 30 * minuteMs;
/** Minimum slowdown, as a factor and in milliseconds. */
const slowerBy = 1.25;
const slowerByMs = 200;
/** False discovery rate of "slower". */
const falseRate = 0.01;
/** Failure rates, compared with the lower bound of the confidence interval. */
const failingRate = 0.1;
const mostlyFailingRate = 0.5;
const stallingRate = 0.1;
/** Cost of a failure in addition to its duration: noticing it and starting again. */
const attentionMs = 20_000;

const msPerWeek = 7 * dayMs;

const noEvidence: Insight["evidence"] = {
  sample: 0,
  failed: null,
  share: null,
  low: null,
  high: null,
  medianMs: null,
  p95Ms: null,
  totalMs: null,
  weekMs: null,
  before: null,
  p: null,
};

/** Interactive programs: editors, pagers, shells, servers. Their duration is not waiting time. */
const interactive: ReadonlySet<string> = new Set(
  "bash zsh fish sh pwsh vim vi nvim emacs nano micro hx less more man top htop btop watch ssh tmux screen node python python3 ipython irb psql mysql sqlite3 redis-cli claude codex gemini aider cursor code tail"
    .split(" ")
    .concat([
      "npm start",
      "npm run",
      "docker compose",
      "kubectl logs",
      "docker logs",
      "git commit",
      "git rebase",
      "other",
    ]),
);

export function readInsights({ query, connection }: OpenPeriodQuery): Insights {
  const { span, nowMs } = query;
  const now = endsIn(connection, span);
  const weeks = Math.max(1, (Math.min(nowMs, span.endMs) - recordedFrom(connection, span)) / msPerWeek);
  const runs = runsIn(now);
  const total = [...runs.values()].reduce((sum, { count }) => sum + count, 0);
  const found = [
    ...slow(runs, weeks),
    ...slower(runs, runsIn(endsIn(connection, previousSpan(span))), weeks),
    ...waiting(runs, weeks),
    ...failing(runs, weeks),
    ...agentInsights(now, weeks),
    ...unused(connection, total),
    ...gaps(connection, span),
  ];
  return {
    period: query.period,
    fromMs: span.fromMs,
    runs: total,
    insights: found.sort((a, b) => b.score - a.score).slice(0, 50),
  };
}

export function noInsights({ period, fromMs }: PeriodQuery): Insights {
  return { period, fromMs, runs: 0, insights: [] };
}

function endsIn(connection: Connection, { fromHour, toHour }: Span): readonly TerminalRollup[] {
  const rows = readRanges(
    connection,
    splitByGrain(fromHour, toHour, closedDayOf(connection), grains.month),
    (from) =>
      `SELECT ${terminalColumns}
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${startedOrEndedCondition}`,
  );
  return rows.map(terminalRollup);
}

/** Returns the start of recording, or of the span if that is later. */
function recordedFrom(connection: Connection, { fromMs }: Span): number {
  const first = connection.prepare("SELECT min(started_at) first FROM sessions").get()?.["first"];
  return typeof first === "number" ? Math.max(fromMs, first) : fromMs;
}

/** Command runs by command path. */
type Runs = ReadonlyMap<string, Aggregate>;

function runsIn(ends: readonly TerminalRollup[]): Runs {
  return aggregatesByName(
    ends.filter(({ row }) => isCommandRun(row)),
    (row) => row["command_path"],
  );
}

function insight(
  kind: Insight["kind"],
  subject: string | null,
  score: number,
  evidence: Partial<Insight["evidence"]>,
): Insight {
  return {
    id: `${kind}:${subject ?? ""}`,
    kind,
    subject,
    agent: null,
    score,
    evidence: { ...noEvidence, ...evidence },
  };
}

/** Returns the failure share with its confidence interval. */
function shareOf(failed: number, sample: number) {
  const [low, high] = wilson(failed, sample);
  return { sample, failed, share: failed / sample, low, high };
}

function slow(runs: Runs, weeks: number): readonly Insight[] {
  return [...runs].flatMap(([name, group]) => {
    const medianMs = group.quantileMs(0.5);
    const inWeek = Math.round(group.totalMs / weeks);
    if (interactive.has(name) || group.count < minRuns || medianMs === null) return [];
    if (medianMs < slowMs || inWeek < slowWeekMs) return [];
    const p95Ms = group.quantileMs(0.95);
    return insight("slow", name, inWeek, {
      sample: group.count,
      medianMs,
      p95Ms,
      totalMs: group.totalMs,
      weekMs: inWeek,
    });
  });
}

function slower(runs: Runs, earlier: Runs, weeks: number): readonly Insight[] {
  const compared = [...runs].flatMap(([name, now]) => {
    const before = earlier.get(name);
    if (before === undefined) return [];
    const [medianMs, beforeMs] = [now.quantileMs(0.5), before.quantileMs(0.5)];
    if (interactive.has(name) || Math.min(now.count, before.count) < minRunsToCompare) return [];
    if (medianMs === null || beforeMs === null) return [];
    return { name, now, before, medianMs, beforeMs, p: rankSum(before.sketch, now.sketch) };
  });
  const limit = threshold(
    compared.map(({ p }) => p),
    falseRate,
  );
  return compared
    .filter(
      ({ p, medianMs, beforeMs }) => p <= limit && medianMs >= beforeMs * slowerBy && medianMs - beforeMs >= slowerByMs,
    )
    .map(({ name, now, before, medianMs, beforeMs, p }) =>
      insight("slower", name, ((medianMs - beforeMs) * now.count) / weeks, {
        sample: now.count,
        medianMs,
        p95Ms: now.quantileMs(0.95),
        totalMs: now.totalMs,
        p,
        before: { sample: before.count, medianMs: beforeMs },
      }),
    );
}

function waiting(runs: Runs, weeks: number): readonly Insight[] {
  let count = 0;
  let totalMs = 0;
  for (const [name, group] of runs) {
    if (interactive.has(name)) continue;
    const above = group.sketch.above(waitMs);
    count += above.count;
    totalMs += above.sum;
  }
  const inWeek = Math.round(totalMs / weeks);
  if (count < minRuns || inWeek < waitWeekMs) return [];
  return [insight("waiting", null, inWeek / 2, { sample: count, totalMs: Math.round(totalMs), weekMs: inWeek })];
}

function failing(runs: Runs, weeks: number): readonly Insight[] {
  return [...runs].flatMap(([name, group]) => {
    if (name === "other" || group.decided < minRuns) return [];
    const often = shareOf(group.failed, group.decided);
    if (often.low < failingRate) return [];
    const weekMs = Math.round((group.failed * (group.totalMs / Math.max(1, group.count) + attentionMs)) / weeks);
    return insight(often.low > mostlyFailingRate ? "failing" : "flaky", name, weekMs, { ...often, weekMs });
  });
}

function agentInsights(all: readonly TerminalRollup[], weeks: number): readonly Insight[] {
  const uses = byName(
    all.filter(({ row }) => row["event_type"] === "agent_event" && isAgent(row["source"])),
    (row) => `${row["source"]} ${row["tool_name"]}`,
  );
  return [...uses].flatMap(([key, ends]) => {
    const [source = "", tool = ""] = key.split(" ");
    const of = (kind: Insight["kind"], score: number, evidence: Partial<Insight["evidence"]>): Insight => ({
      ...insight(kind, tool, score, evidence),
      id: `${kind}:${source}:${tool}`,
      agent: source,
    });
    const inPhase = (phase: string) => Aggregate.of(ends.filter(({ row }) => row["tool_phase"] === phase));
    const [{ count: starts }, ended] = [inPhase("start"), inPhase("end")];
    const found: Insight[] = [];
    if (ended.decided >= minRuns) {
      const often = shareOf(ended.failed, ended.decided);
      if (often.low >= failingRate) found.push(of("agent_failing", (ended.failed * attentionMs) / weeks, often));
    }
    const open = Math.max(0, starts - ended.count);
    if (starts >= minRuns && ended.count > 0) {
      const often = shareOf(open, starts);
      if (often.low >= stallingRate) found.push(of("agent_stalling", (open * attentionMs) / weeks, often));
    }
    return found;
  });
}

/** Commands suggested to a frequent user: the first one that was never used. */
const worthTrying = ["telemetry dashboard", "stats", "telemetry show"];
const minRunsToSuggest = 100;

function unused(connection: Connection, sample: number): readonly Insight[] {
  if (sample < minRunsToSuggest) return [];
  const used = new Set(
    connection
      .prepare(
        "SELECT DISTINCT command_path path FROM dimensions WHERE source IN ('nexus_cli', 'vscode') AND command_path IS NOT NULL",
      )
      .all()
      .map(({ path }) => path),
  );
  const first = worthTrying.find((path) => !used.has(path));
  return first === undefined ? [] : [insight("unused", `nexus ${first}`, 0, { sample })];
}

/** Missing events of the span: gaps in sequence numbers, and events that sources reported as dropped. */
function gaps(connection: Connection, { fromMs, endMs }: Span): readonly Insight[] {
  const missing = connection
    .prepare(
      `SELECT total(t.last_seq - t.first_seq + 1 - t.received) n FROM streams t JOIN sessions s ON s.id = t.session
       WHERE t.received > 0 AND s.ended_at >= ? AND s.started_at < ?`,
    )
    .get(fromMs, endMs)?.["n"];
  const sample = Number(missing ?? 0);
  return sample === 0 ? [] : [insight("gap", null, 0, { sample })];
}
