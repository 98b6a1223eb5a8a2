/**
 * What the page shows for a period: counts, success rate, durations, the most used commands and tools, activity. It reads
 * rollups alone, so that a year costs what its buckets cost and never what its events cost.
 */
import type { Period, Ranked, Stats } from "../../shared/protocol.ts";
import type { Connection, Row } from "../store/driver.ts";
import { startOfHour } from "../store/local-time.ts";
import { grains } from "../store/metrics.ts";
import { closedDayOf, readSegments, type Segment, segments } from "../store/rollup-reader.ts";
import { type Bins, mergeBins, parseBins, quantile } from "../store/sketch.ts";
import { type Span, spanOf } from "./calendar.ts";

/** How many rows a ranking shows. */
const topCount = 10;

/** A tool use that ended. */
const isEnd = "w.event_type = 'agent_event' AND w.tool_phase = 'end'";

export function emptyStats(period: Period, nowMs: number): Stats {
  const span = spanOf(period, nowMs);
  return {
    period,
    fromMs: span.fromMs,
    toMs: nowMs,
    recordedFromMs: null,
    sessions: 0,
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

export function readStats(connection: Connection, period: Period, nowMs: number): Stats {
  const span = spanOf(period, nowMs);
  const closedDay = closedDayOf(connection);
  const whole = segments(span.fromHour, span.toHour, closedDay, grains.month);
  const counts = countsByStatus(connection, whole);
  const judged = counts.succeeded + counts.failed;
  return {
    ...emptyStats(period, nowMs),
    ...counts,
    recordedFromMs: firstRecorded(connection, span),
    sessions: sessionsIn(connection, span),
    successRate: judged === 0 ? null : counts.succeeded / judged,
    durations: durationsOf(connection, whole),
    topCommands: ranking(connection, whole, "command_path"),
    topTools: ranking(connection, whole, "tool_name"),
    activity: activityOf(connection, span, closedDay),
    dropped: droppedIn(connection, whole),
  };
}

function countsByStatus(connection: Connection, parts: readonly Segment[]) {
  const rows = readSegments(
    connection,
    parts,
    (from) => `SELECT w.status, sum(m.count) n FROM ${from} m JOIN words w ON w.id = m.words WHERE ${isEnd} GROUP BY 1`,
  );
  const of = (status: string | null) => Number(rows.find((row) => row["status"] === status)?.["n"] ?? 0);
  return {
    commands: rows.reduce((total, row) => total + Number(row["n"]), 0),
    succeeded: of("ok"),
    failed: of("failed"),
    cancelled: of("cancelled"),
  };
}

/** Merges the sketches of some rows. */
function merged(rows: readonly Row[]): Bins {
  const bins: Bins = new Map();
  for (const { duration_sketch: sketch } of rows) mergeBins(bins, parseBins(sketch));
  return bins;
}

function durationsOf(connection: Connection, parts: readonly Segment[]): Stats["durations"] {
  const rows = readSegments(
    connection,
    parts,
    (from) =>
      `SELECT m.duration_sum, m.duration_min, m.duration_max, m.duration_sketch FROM ${from} m JOIN words w ON w.id = m.words
       WHERE ${isEnd} AND m.duration_count > 0`,
  );
  const bins = merged(rows);
  const least = Math.min(...rows.map((row) => Number(row["duration_min"])));
  const most = Math.max(...rows.map((row) => Number(row["duration_max"])));
  const medianMs = quantile(bins, 0.5, least, most);
  const p95Ms = quantile(bins, 0.95, least, most);
  if (medianMs === null || p95Ms === null) return null;
  return { medianMs, p95Ms, totalMs: rows.reduce((total, row) => total + Number(row["duration_sum"]), 0) };
}

function ranking(connection: Connection, parts: readonly Segment[], field: "command_path" | "tool_name"): Ranked[] {
  const rows = readSegments(
    connection,
    parts,
    (from) =>
      `SELECT w.${field} name, sum(m.count) n, total(m.duration_sum) ms, sum(CASE w.status WHEN 'failed' THEN m.count ELSE 0 END) failed,
         group_concat(m.duration_sketch) sketches,
         min(m.duration_min) least, max(m.duration_max) most
       FROM ${from} m JOIN words w ON w.id = m.words WHERE ${isEnd} AND w.${field} IS NOT NULL
       GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${topCount}`,
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    count: Number(row["n"]),
    failed: Number(row["failed"]),
    medianMs: quantile(parseBins(row["sketches"]), 0.5, Number(row["least"]), Number(row["most"])),
    totalMs: Number(row["ms"]),
  }));
}

function activityOf(connection: Connection, { buckets, grain, fromHour, toHour }: Span, closedDay: number) {
  const parts = segments(fromHour, toHour, closedDay, grain);
  const rows = readSegments(
    connection,
    parts,
    (from) =>
      `SELECT m.grain, m.bucket, w.status, sum(m.count) n FROM ${from} m JOIN words w ON w.id = m.words
       WHERE ${isEnd} GROUP BY 1, 2, 3`,
  );
  const bars = buckets.map(({ startMs }) => ({ startMs, succeeded: 0, failed: 0, other: 0 }));
  for (const { grain: of, bucket, status, n } of rows) {
    const hour = of === grains.hour ? Number(bucket) : of === grains.day ? Number(bucket) * 24 : undefined;
    const bar =
      bars[
        buckets.findLastIndex((known) => (hour === undefined ? known.month === Number(bucket) : known.fromHour <= hour))
      ];
    if (bar === undefined) continue;
    bar[status === "ok" ? "succeeded" : status === "failed" ? "failed" : "other"] += Number(n);
  }
  return bars;
}

/** Sessions of which some part lies in the span. */
function sessionsIn(connection: Connection, { fromMs, endMs }: Span): number {
  const row = connection
    .prepare("SELECT count(*) n FROM sessions WHERE ended_at >= ? AND started_at < ?")
    .get(fromMs, endMs);
  return Number(row?.["n"] ?? 0);
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
  const first = connection.prepare("SELECT min(bucket) hour FROM metrics WHERE grain = 0").get()?.["hour"];
  return typeof first === "number" && first > fromHour && first < toHour ? startOfHour(first) : null;
}
