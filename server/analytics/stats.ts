/**
 * What the page shows for a period: counts, success rate, durations, the most used commands and tools, activity. It reads
 * rollups alone, so that a year costs what its buckets cost and never what its events cost.
 */
import type { EventTypeName } from "../../shared/events.ts";
import type { Period, Ranked, Stats } from "../../shared/protocol.ts";
import type { Connection, Row } from "../store/driver.ts";
import { startOfHour } from "../store/local-time.ts";
import { grains } from "../store/metrics.ts";
import { closedDayOf, readSegments, type Segment, segments } from "../store/rollup-reader.ts";
import { Sketch } from "../store/sketch.ts";
import { type Span, spanOf } from "./calendar.ts";

/** How many rows a ranking shows. */
const topCount = 10;

export function emptyStats(period: Period, nowMs: number): Stats {
  const span = spanOf(period, nowMs);
  return {
    period,
    fromMs: span.fromMs,
    toMs: nowMs,
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
    dropped: 0,
  };
}

/** A rollup of tool uses that ended, its sketch read once for all that it is part of. */
interface End {
  readonly row: Row;
  readonly sketch: Sketch | undefined;
}

function endOf(row: Row): End {
  if (typeof row["duration_sketch"] !== "string") return { row, sketch: undefined };
  const sketch = new Sketch();
  sketch.addText(row["duration_sketch"]);
  return { row, sketch };
}

/** Counts and durations of what is ranked or shown together. */
class Group {
  count = 0;
  succeeded = 0;
  failed = 0;
  cancelled = 0;
  totalMs = 0;
  readonly #sketch = new Sketch();
  #leastMs = Number.POSITIVE_INFINITY;
  #mostMs = Number.NEGATIVE_INFINITY;

  add({ row, sketch }: End): void {
    const count = Number(row["count"]);
    this.count += count;
    if (row["status"] === "ok") this.succeeded += count;
    if (row["status"] === "failed") this.failed += count;
    if (row["status"] === "cancelled") this.cancelled += count;
    if (sketch === undefined) return;
    this.totalMs += Number(row["duration_sum"]);
    this.#leastMs = Math.min(this.#leastMs, Number(row["duration_min"]));
    this.#mostMs = Math.max(this.#mostMs, Number(row["duration_max"]));
    this.#sketch.addSketch(sketch);
  }

  quantileMs(p: number): number | null {
    return this.#sketch.quantile(p, this.#leastMs, this.#mostMs);
  }
}

export function readStats(connection: Connection, period: Period, nowMs: number): Stats {
  const span = spanOf(period, nowMs);
  const parts = segments(span.fromHour, span.toHour, closedDayOf(connection), span.grain);
  const rows = readSegments(
    connection,
    parts,
    (from) =>
      `SELECT m.grain, m.bucket, m.count, m.duration_sum, m.duration_min, m.duration_max, m.duration_sketch,
         w.status, w.command_path, w.tool_name
       FROM ${from} m JOIN words w ON w.id = m.words WHERE w.event_type = 'agent_event' AND w.tool_phase = 'end'`,
  );
  const ends = rows.map(endOf);
  const all = new Group();
  for (const end of ends) all.add(end);
  const judged = all.succeeded + all.failed;
  const medianMs = all.quantileMs(0.5);
  const p95Ms = all.quantileMs(0.95);
  return {
    ...emptyStats(period, nowMs),
    recordedFromMs: firstRecorded(connection, span),
    ...sessionsIn(connection, span),
    workspacesCreated: countOf(connection, parts, "workspace_created"),
    tasksCompleted: countOf(connection, parts, "task_completed"),
    commands: all.count,
    succeeded: all.succeeded,
    failed: all.failed,
    cancelled: all.cancelled,
    successRate: judged === 0 ? null : all.succeeded / judged,
    durations: medianMs === null || p95Ms === null ? null : { medianMs, p95Ms, totalMs: all.totalMs },
    topCommands: ranking(ends, "command_path"),
    topTools: ranking(ends, "tool_name"),
    activity: activityOf(rows, span),
    dropped: droppedIn(connection, parts),
  };
}

/** The most frequent first. The durations are read of those alone that are shown. */
function ranking(ends: readonly End[], field: "command_path" | "tool_name"): Ranked[] {
  const groups = new Map<string, { readonly ends: End[]; count: number }>();
  for (const end of ends) {
    const name = end.row[field];
    if (typeof name !== "string") continue;
    const group = groups.get(name) ?? { ends: [], count: 0 };
    group.ends.push(end);
    group.count += Number(end.row["count"]);
    groups.set(name, group);
  }
  return [...groups]
    .sort(([nameA, a], [nameB, b]) => b.count - a.count || (nameA < nameB ? -1 : 1))
    .slice(0, topCount)
    .map(([name, { ends: own, count }]) => {
      const group = new Group();
      for (const end of own) group.add(end);
      return { name, count, failed: group.failed, medianMs: group.quantileMs(0.5), totalMs: group.totalMs };
    });
}

function activityOf(rows: readonly Row[], { buckets }: Span): Stats["activity"] {
  const bars = buckets.map(({ startMs }) => ({ startMs, succeeded: 0, failed: 0, other: 0 }));
  for (const { grain, bucket, status, count } of rows) {
    const at = Number(bucket);
    const hour = grain === grains.hour ? at : grain === grains.day ? at * 24 : undefined;
    const bar =
      bars[buckets.findLastIndex((known) => (hour === undefined ? known.month === at : known.fromHour <= hour))];
    if (bar === undefined) continue;
    bar[status === "ok" ? "succeeded" : status === "failed" ? "failed" : "other"] += Number(count);
  }
  return bars;
}

/** Sessions of which some part lies in the span. */
function sessionsIn(connection: Connection, { fromMs, endMs }: Span): Pick<Stats, "sessions" | "averageSessionMs"> {
  const row = connection
    .prepare("SELECT count(*) n, avg(duration_ms) mean FROM sessions WHERE ended_at >= ? AND started_at < ?")
    .get(fromMs, endMs);
  const mean = row?.["mean"];
  return { sessions: Number(row?.["n"] ?? 0), averageSessionMs: typeof mean === "number" ? Math.round(mean) : null };
}

function countOf(connection: Connection, parts: readonly Segment[], type: EventTypeName): number {
  const rows = readSegments(
    connection,
    parts,
    (from) => `SELECT total(m.count) n FROM ${from} m JOIN words w ON w.id = m.words WHERE w.event_type = '${type}'`,
  );
  return Number(rows[0]?.["n"] ?? 0);
}

function droppedIn(connection: Connection, parts: readonly Segment[]): number {
  const rows = readSegments(
    connection,
    parts,
    (from) =>
      `SELECT total(m.numbers -> 'dropped_count' ->> 1) n FROM ${from} m JOIN words w ON w.id = m.words
       WHERE w.event_type = 'events_dropped'`,
  );
  return Number(rows[0]?.["n"] ?? 0);
}

/** Where recording began within the span: before it, the numbers say nothing. `null` where it began earlier. */
function firstRecorded(connection: Connection, { fromHour, toHour }: Span): number | null {
  const first = connection
    .prepare(
      `SELECT min(ifnull(a, b), ifnull(b, a)) hour FROM (SELECT (SELECT min(bucket) FROM metrics WHERE grain = 0) a,
         (SELECT min(bucket) FROM recent_metrics) b)`,
    )
    .get()?.["hour"];
  return typeof first === "number" && first > fromHour && first < toHour ? startOfHour(first) : null;
}
