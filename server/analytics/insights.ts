/**
 * Insights of a period, ranked by their cost in time per week. Each has a minimum sample and, where it claims a rate or a
 * difference, a statistical test, so that chance produces none.
 */

import { type Insight, type Insights, minRuns } from "../../shared/protocol/reports.ts";
import { dayMs, minuteMs } from "../../shared/schema/durations.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import { commandClass, isForeground } from "../../shared/vocabulary/command-classes.ts";
import type { Connection } from "../store/driver/driver.ts";
import { startOfHour } from "../store/rollups/local-time.ts";
import { grains } from "../store/rollups/rollups.ts";
import { Aggregate, aggregatesByName, byName, type TerminalRollup, terminalRollup } from "./aggregate.ts";
import { previousSpan, type Span } from "./calendar.ts";
import { changePoint, type DayRuns } from "./change-point.ts";
import { type CheckRuns, readCheckRuns } from "./check-runs.ts";
import { isCommandRun, startedOrEndedCondition } from "./classify.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import { readDimensions } from "./query/dimensions.ts";
import { dayOfRow } from "./query/group-key.ts";
import { readRollups, rollupColumns } from "./query/rollup-rows.ts";
import { threshold, wilson } from "./statistics.ts";

/** Minimum samples. */
const minRunsToCompare = 10;
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
const stallingRate = 0.1;
/** Cost of a failure in addition to its duration: noticing it and starting again. */
const attentionMs = 20_000;

const msPerWeek = 7 * dayMs;
/** A change is new for so many days. */
const newDays = 7;
/** Failures that vanished without an explanation before a check is called flaky. */
const minUnexplained = 3;

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
  sinceMs: null,
  p: null,
  tries: null,
  phases: null,
};

/** Runners without a public script name may run a server. */
const unnamedScripts = new Set(["npm run", "yarn run", "pnpm run", "bun run", "deno task", "other"]);

/** Whether the user waits for the command: not for a server, and not in an editor. */
function isWaitedFor(path: string): boolean {
  return isForeground(commandClass(path)) && !unnamedScripts.has(path);
}

export function readInsights({ query, connection }: OpenPeriodQuery): Insights {
  const { span, nowMs } = query;
  const now = endsIn(connection, span);
  const weeks = Math.max(1, (Math.min(nowMs, span.endMs) - recordedFrom(connection, span)) / msPerWeek);
  const runs = runsIn(now);
  const total = [...runs.values()].reduce((sum, { count }) => sum + count, 0);
  const found = [
    ...slow(runs, weeks),
    ...slower(connection, span, nowMs),
    ...waiting(runs, weeks),
    ...failing(runs, weeks),
    ...checks(runs, () => readCheckRuns(connection, span.fromMs, span.endMs), weeks),
    ...agentInsights(now, weeks),
    ...unused(connection, total),
    ...gaps(connection, span),
  ];
  return {
    period: query.period,
    fromMs: span.fromMs,
    runs: total,
    insights: found.sort((a, b) => newness(b, nowMs) - newness(a, nowMs) || b.score - a.score).slice(0, 50),
  };
}

/** A change of the last days comes first. */
const newness = ({ evidence: { sinceMs } }: Insight, nowMs: number): number =>
  sinceMs !== null && sinceMs > nowMs - newDays * dayMs ? 1 : 0;

export function noInsights({ period, fromMs }: PeriodQuery): Insights {
  return { period, fromMs, runs: 0, insights: [] };
}

/** Started and ended commands and tool calls. */
function endsIn(connection: Connection, span: Span): readonly TerminalRollup[] {
  const dimensions = readDimensions(connection, {}, startedOrEndedCondition);
  const isWanted = `WHERE m.dimensions IN (SELECT d.id FROM dimensions d WHERE ${startedOrEndedCondition})`;
  return readRollups(connection, span, grains.month, rollupColumns, isWanted).map((row) =>
    terminalRollup({ ...row, ...dimensions.get(Number(row["dimensions"]))?.row }),
  );
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
    if (!isWaitedFor(name) || group.count < minRuns || medianMs === null) return [];
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

/** Finds the day of a change within the span, compared with the time before, also before the span. */
function slower(connection: Connection, span: Span, nowMs: number): readonly Insight[] {
  const fromDay = Math.floor(span.fromHour / 24);
  const found = [...daysOf(connection, span)].flatMap(([name, days]) => {
    const change = changePoint(days, fromDay, minRunsToCompare);
    return change === undefined ? [] : [{ name, change }];
  });
  const limit = threshold(
    found.map(({ change }) => change.p),
    falseRate,
  );
  return found.flatMap(({ name, change: { day, before, after, p } }) => {
    const isSlower = after.medianMs >= before.medianMs * slowerBy && after.medianMs - before.medianMs >= slowerByMs;
    if (p > limit || !isSlower) return [];
    const sinceMs = startOfHour(day * 24);
    const weeks = Math.max(1, (Math.min(nowMs, span.endMs) - sinceMs) / msPerWeek);
    return insight("slower", name, ((after.medianMs - before.medianMs) * after.count) / weeks, {
      sample: after.count,
      medianMs: after.medianMs,
      p,
      sinceMs,
      before: { sample: before.count, medianMs: before.medianMs },
    });
  });
}

/** The durations of each command that the user waits for by day, of the span and the one before it. */
function daysOf(connection: Connection, span: Span): ReadonlyMap<string, readonly DayRuns[]> {
  const paths = new Map<number, string>();
  for (const [id, { row, kind, hasOutcome }] of readDimensions(connection, {})) {
    const path = row["command_path"];
    if (kind === "run" && hasOutcome && typeof path === "string" && isWaitedFor(path)) paths.set(id, path);
  }
  const stretch = { fromHour: previousSpan(span).fromHour, toHour: span.toHour };
  const select = "m.grain, m.bucket, m.dimensions, m.duration_count, m.duration_sketch";
  const timed = "WHERE m.duration_count > 0 AND m.dimensions IN (SELECT value FROM json_each(?))";
  const rows = readRollups(connection, stretch, grains.day, select, timed, [JSON.stringify([...paths.keys()])]);
  const commands = new Map<string, Map<number, { day: number; count: number; sketches: string[] }>>();
  for (const row of rows) {
    const path = paths.get(Number(row["dimensions"])) ?? "";
    const day = dayOfRow(row);
    const days = commands.get(path) ?? new Map<number, { day: number; count: number; sketches: string[] }>();
    const runs = days.get(day) ?? { day, count: 0, sketches: [] };
    runs.count += Number(row["duration_count"]);
    runs.sketches.push(String(row["duration_sketch"]));
    commands.set(path, days.set(day, runs));
  }
  return new Map([...commands].map(([path, days]) => [path, [...days.values()].sort((a, b) => a.day - b.day)]));
}

function waiting(runs: Runs, weeks: number): readonly Insight[] {
  let count = 0;
  let totalMs = 0;
  for (const [name, group] of runs) {
    if (!isWaitedFor(name)) continue;
    const above = group.sketch.above(waitMs);
    count += above.count;
    totalMs += above.sum;
  }
  const inWeek = Math.round(totalMs / weeks);
  if (count < minRuns || inWeek < waitWeekMs) return [];
  return [insight("waiting", null, inWeek / 2, { sample: count, totalMs: Math.round(totalMs), weekMs: inWeek })];
}

/** Commands that are no checks: a check's failure is a result, and a search's an answer. */
function failing(runs: Runs, weeks: number): readonly Insight[] {
  return [...runs].flatMap(([name, group]) => {
    const kind = commandClass(name);
    if (kind === "check" || kind === "search" || name === "other" || group.decided < minRuns) return [];
    const often = shareOf(group.failed, group.decided);
    if (often.low < failingRate) return [];
    const weekMs = costOfFailures(group, weeks);
    return insight("failing", name, weekMs, { ...often, weekMs });
  });
}

const costOfFailures = (group: Aggregate, weeks: number): number =>
  Math.round((group.failed * (group.totalMs / Math.max(1, group.count) + attentionMs)) / weeks);

/** Checks that are often red: how many runs until green, and whether that has a reason. */
function checks(runs: Runs, read: () => ReadonlyMap<string, CheckRuns>, weeks: number): readonly Insight[] {
  let found: ReadonlyMap<string, CheckRuns> | undefined;
  return [...runs].flatMap(([name, group]) => {
    if (commandClass(name) !== "check" || group.decided < minRuns) return [];
    const often = shareOf(group.failed, group.decided);
    if (often.low < failingRate) return [];
    // Reads single events, so only if a check is often red.
    found ??= read();
    const { tries, unexplained } = found.get(name) ?? { tries: [], unexplained: 0 };
    const weekMs = costOfFailures(group, weeks);
    if (unexplained >= minUnexplained) return insight("flaky", name, weekMs, { ...often, weekMs, phases: unexplained });
    const sorted = [...tries].sort((a, b) => a - b);
    const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
    return insight("red_green", name, weekMs, { ...often, weekMs, tries: median, phases: tries.length });
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
  return first === undefined ? [] : [insight("unused", `nexus ${first.replace(/^telemetry /, "")}`, 0, { sample })];
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
