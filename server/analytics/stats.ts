/**
 * What the page shows for a period: counts, success rate, durations, the most used commands and tools, activity. It reads
 * rollups alone, so that a year costs what its buckets cost and never what its events cost.
 */

import type { PeriodSelection, Ranked, Stats } from "../../shared/protocol/reports.ts";
import type { EventTypeName } from "../../shared/schema/events.ts";
import type { Connection, Row } from "../store/driver/driver.ts";
import { closedDayOf, type GrainRange, readRanges, splitByGrain } from "../store/rollups/reader.ts";
import { Aggregate, byName, mostFrequent, type TerminalRollup, terminalColumns, terminalRollup } from "./aggregate.ts";
import { bucketIndex, type Span, spanOf, unitOf } from "./calendar.ts";
import { endedCondition, isCommandRun, isToolCall } from "./classify.ts";
import { countsIn } from "./counts.ts";
import { firstRecorded, previousPeriod } from "./recorded-range.ts";

/** How many rows a ranking shows. */
const topCount = 10;

export function emptyStats(selection: PeriodSelection, nowMs: number): Stats {
  return nothingIn(selection.period, spanOf(selection, nowMs), nowMs);
}

function nothingIn(period: Stats["period"], span: Span, nowMs: number): Stats {
  return {
    period,
    fromMs: span.fromMs,
    toMs: Math.max(span.fromMs, Math.min(nowMs, span.endMs)),
    unit: unitOf[span.grain] ?? "day",
    recordedFromMs: null,
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

export function readStats(connection: Connection, selection: PeriodSelection, nowMs: number): Stats {
  const span = spanOf(selection, nowMs);
  const parts = splitByGrain(span.fromHour, span.toHour, closedDayOf(connection), span.grain);
  const rows = readRanges(
    connection,
    parts,
    (from) =>
      `SELECT ${terminalColumns}
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition}`,
  );
  const ends = rows.map(terminalRollup);
  const runs = ends.filter(({ row }) => isCommandRun(row));
  const all = Aggregate.of(runs);
  const medianMs = all.quantileMs(0.5);
  const p95Ms = all.quantileMs(0.95);
  return {
    ...nothingIn(selection.period, span, nowMs),
    recordedFromMs: firstRecorded(connection, span),
    ...sessionsIn(connection, span),
    workspacesCreated: countOf(connection, parts, "workspace_created"),
    tasksCompleted: countOf(connection, parts, "task_completed"),
    commands: all.count,
    succeeded: all.succeeded,
    failed: all.failed,
    cancelled: all.cancelled,
    successRate: all.successRate,
    durations: medianMs === null || p95Ms === null ? null : { medianMs, p95Ms, totalMs: all.totalMs },
    topCommands: ranking(runs, (row) => [row["command_path"], null]),
    topTools: ranking(
      ends.filter(({ row }) => isToolCall(row)),
      (row) => [row["tool_name"], String(row["source"])],
    ),
    activity: activityOf(
      runs.map(({ row }) => row),
      span,
    ),
    before: before(connection, span, nowMs),
    dropped: droppedIn(connection, parts),
  };
}

/** The most frequent first. The durations are read of those alone that are shown. */
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
    const { status, count } = row;
    bar[status === "ok" ? "succeeded" : status === "failed" ? "failed" : "other"] += Number(count);
  }
  return bars;
}

/** Sessions of which some part lies in the span. */
export function sessionsIn(
  connection: Connection,
  { fromMs, endMs }: Pick<Span, "fromMs" | "endMs">,
): Pick<Stats, "sessions" | "averageSessionMs"> {
  const row = connection
    .prepare("SELECT count(*) n, avg(duration_ms) mean FROM sessions WHERE ended_at >= ? AND started_at < ?")
    .get(fromMs, endMs);
  const mean = row?.["mean"];
  return { sessions: Number(row?.["n"] ?? 0), averageSessionMs: typeof mean === "number" ? Math.round(mean) : null };
}

function countOf(connection: Connection, parts: readonly GrainRange[], type: EventTypeName): number {
  const rows = readRanges(
    connection,
    parts,
    (from) =>
      `SELECT total(m.count) n FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE d.event_type = '${type}'`,
  );
  return Number(rows[0]?.["n"] ?? 0);
}

function droppedIn(connection: Connection, parts: readonly GrainRange[]): number {
  const rows = readRanges(
    connection,
    parts,
    (from) =>
      `SELECT total(m.numbers -> 'dropped_count' ->> 1) n FROM ${from} m JOIN dimensions d ON d.id = m.dimensions
       WHERE d.event_type = 'events_dropped'`,
  );
  return Number(rows[0]?.["n"] ?? 0);
}

/** The period before in a few numbers; without its sketches, which cost most. */
function before(connection: Connection, span: Span, nowMs: number): Stats["before"] {
  const earlier = previousPeriod(connection, span, nowMs);
  if (earlier === undefined) return null;
  const runs = Aggregate.of(countsIn(connection, earlier.parts).filter(({ row }) => isCommandRun(row)));
  return {
    commands: runs.count,
    successRate: runs.successRate,
    totalMs: runs.totalMs,
    sessions: sessionsIn(connection, earlier).sessions,
  };
}
