/**
 * Statistics of a period: counts, success rate, durations, top commands and tools, activity. Reads only rollups, so a year costs
 * what its buckets cost, not what its events cost.
 */

import type { Ranked, Stats } from "../../shared/protocol/reports.ts";
import type { EventTypeName } from "../../shared/schema/events.ts";
import type { Connection, Row } from "../store/driver/driver.ts";
import { Aggregate, byName, mostFrequent, type TerminalRollup, terminalColumns, terminalRollup } from "./aggregate.ts";
import { bucketIndex, type Span } from "./calendar.ts";
import { endedCondition, hasOutcome, isCommandRun, isToolCall } from "./classify.ts";
import { countsIn } from "./counts.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import { lostEvents } from "./query/rollup-rows.ts";
import { exitRulesSince } from "./recorded-range.ts";

/** Rows of a ranking. */
const topCount = 10;

export function emptyStats({ period, fromMs, toMs, unit, span }: PeriodQuery): Stats {
  return {
    period,
    fromMs,
    toMs,
    unit,
    recordedFromMs: null,
    exitRulesSinceMs: null,
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
    activity: span.buckets.map(({ startMs }) => ({ startMs, succeeded: 0, failed: 0, other: 0 })),
    before: null,
    dropped: 0,
  };
}

export function readStats(open: OpenPeriodQuery): Stats {
  const { query, connection } = open;
  const rows = open.rows(
    (from) =>
      `SELECT ${terminalColumns}
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition}`,
  );
  const ended = rows.map(terminalRollup);
  const runs = ended.filter(({ row }) => isCommandRun(row));
  const all = Aggregate.of(runs);
  const medianMs = all.quantileMs(0.5);
  const p95Ms = all.quantileMs(0.95);
  return {
    ...emptyStats(query),
    recordedFromMs: open.recordedFromMs,
    exitRulesSinceMs: exitRulesSince(open.connection, open.query.span),
    ...sessionsIn(connection, query.span),
    workspacesCreated: countOf(open, "workspace_created"),
    tasksCompleted: countOf(open, "task_completed"),
    commands: all.count,
    succeeded: all.succeeded,
    failed: all.failed,
    cancelled: all.cancelled,
    successRate: all.successRate,
    durations: medianMs === null || p95Ms === null ? null : { medianMs, p95Ms, totalMs: all.totalMs },
    topCommands: ranking(runs, (row) => [row["command_path"], null]),
    topTools: ranking(
      ended.filter(({ row }) => isToolCall(row)),
      (row) => [row["tool_name"], String(row["source"])],
    ),
    activity: activityOf(
      runs.map(({ row }) => row),
      query.span,
    ),
    before: previousStats(open),
    dropped: lostEvents(connection, query.span),
  };
}

/** Ranks by frequency. Reads the durations of the shown rows only. */
function ranking(
  ends: readonly TerminalRollup[],
  nameOf: (row: Row) => readonly [name: unknown, source: string | null],
): Ranked[] {
  const keyOf = (row: Row) => {
    const [name, source] = nameOf(row);
    return typeof name === "string" ? `${name}\n${source ?? ""}` : undefined;
  };
  return mostFrequent(byName(ends, keyOf))
    .slice(0, topCount)
    .map(({ name: key, count, ends: own }) => {
      const [name = "", source = ""] = key.split("\n");
      const group = Aggregate.of(own);
      return {
        name,
        source: source === "" ? null : source,
        count,
        failed: group.failed,
        medianMs: group.quantileMs(0.5),
        totalMs: group.totalMs,
      };
    });
}

function activityOf(rows: readonly Row[], { buckets }: Span): Stats["activity"] {
  const bars = buckets.map(({ startMs }) => ({ startMs, succeeded: 0, failed: 0, other: 0 }));
  for (const row of rows) {
    const bar = bars[bucketIndex(buckets, row)];
    if (bar === undefined) continue;
    const { count } = row;
    const status = hasOutcome(row) ? row["status"] : undefined;
    bar[status === "ok" ? "succeeded" : status === "failed" ? "failed" : "other"] += Number(count);
  }
  return bars;
}

/** Counts the sessions that overlap the span, without those of this product's own commands. */
export function sessionsIn(
  connection: Connection,
  { fromMs, endMs }: Pick<Span, "fromMs" | "endMs">,
): Pick<Stats, "sessions" | "averageSessionMs"> {
  const row = connection
    .prepare(
      "SELECT count(*) n, avg(duration_ms) mean FROM sessions WHERE own = 0 AND ended_at >= ? AND started_at < ?",
    )
    .get(fromMs, endMs);
  const mean = row?.["mean"];
  return { sessions: Number(row?.["n"] ?? 0), averageSessionMs: typeof mean === "number" ? Math.round(mean) : null };
}

function countOf(open: OpenPeriodQuery, type: EventTypeName): number {
  const rows = open.rows(
    (from) =>
      `SELECT total(m.count) n FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE d.event_type = '${type}'`,
  );
  return Number(rows[0]?.["n"] ?? 0);
}

/** The previous period, without its sketches, which cost most. */
function previousStats({ connection, previous }: OpenPeriodQuery): Stats["before"] {
  if (previous === undefined) return null;
  const runs = Aggregate.of(countsIn(connection, previous.ranges).filter(({ row }) => isCommandRun(row)));
  return {
    commands: runs.count,
    successRate: runs.successRate,
    totalMs: runs.totalMs,
    sessions: sessionsIn(connection, previous).sessions,
  };
}
