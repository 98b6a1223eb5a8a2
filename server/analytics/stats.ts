/** What the page shows for a period: counts, success rate, durations, the most used commands and tools, activity. */
import type { Period, Ranked, Stats } from "../../shared/protocol.ts";
import type { Connection, Row } from "../store/driver.ts";
import { type Buckets, bucketIndex, bucketsOf } from "./calendar.ts";

/** How many rows a ranking shows. */
const topCount = 10;

class Tally {
  count = 0;
  failed = 0;
  readonly durationsMs: number[] = [];

  add(status: unknown, durationMs: unknown): void {
    this.count += 1;
    if (status === "failed") this.failed += 1;
    if (typeof durationMs === "number") this.durationsMs.push(durationMs);
  }
}

/** The value below which the share `p` of the values lies (nearest rank); `null` of nothing. Sorts in place. */
export function percentile(values: number[], p: number): number | null {
  values.sort((a, b) => a - b);
  return values[Math.max(0, Math.ceil(p * values.length) - 1)] ?? null;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function ranking(tallies: ReadonlyMap<string, Tally>): Ranked[] {
  return [...tallies]
    .sort(([nameA, a], [nameB, b]) => b.count - a.count || (nameA < nameB ? -1 : 1))
    .slice(0, topCount)
    .map(([name, { count, failed, durationsMs }]) => ({
      name,
      count,
      failed,
      medianMs: percentile(durationsMs, 0.5),
      totalMs: sum(durationsMs),
    }));
}

export function emptyStats(period: Period, nowMs: number): Stats {
  return statsOf([], { sessions: 0, dropped: 0 }, period, bucketsOf(period, nowMs), nowMs);
}

export function readStats(connection: Connection, period: Period, nowMs: number): Stats {
  const buckets = bucketsOf(period, nowMs);
  const ends = connection
    .prepare(
      `SELECT ts, tool_name, command_path, status, duration_ms FROM events
       WHERE ts >= ? AND ts < ? AND event_type = 'agent_event' AND tool_phase = 'end'`,
    )
    .iterate(buckets.fromMs, buckets.endMs);
  const rows = [...ends];
  const counts = connection
    .prepare(
      "SELECT count(DISTINCT session) sessions, total(dropped_count) dropped FROM events WHERE ts >= ? AND ts < ?",
    )
    .get(buckets.fromMs, buckets.endMs);
  const numbers = { sessions: Number(counts?.["sessions"] ?? 0), dropped: Number(counts?.["dropped"] ?? 0) };
  return statsOf(rows, numbers, period, buckets, nowMs);
}

function statsOf(
  ends: readonly Row[],
  { sessions, dropped }: { readonly sessions: number; readonly dropped: number },
  period: Period,
  buckets: Buckets,
  nowMs: number,
): Stats {
  const all = new Tally();
  const commands = new Map<string, Tally>();
  const tools = new Map<string, Tally>();
  const activity = buckets.startsMs.map((startMs) => ({ startMs, succeeded: 0, failed: 0, other: 0 }));
  let succeeded = 0;
  let cancelled = 0;
  const tallyOf = (tallies: Map<string, Tally>, name: unknown) => {
    if (typeof name !== "string") return undefined;
    const tally = tallies.get(name) ?? new Tally();
    tallies.set(name, tally);
    return tally;
  };
  for (const { ts, tool_name, command_path, status, duration_ms } of ends) {
    for (const tally of [all, tallyOf(commands, command_path), tallyOf(tools, tool_name)]) {
      tally?.add(status, duration_ms);
    }
    if (status === "ok") succeeded += 1;
    if (status === "cancelled") cancelled += 1;
    const bar = activity[bucketIndex(buckets, Number(ts))];
    if (bar !== undefined) bar[status === "ok" ? "succeeded" : status === "failed" ? "failed" : "other"] += 1;
  }
  const judged = succeeded + all.failed;
  const medianMs = percentile(all.durationsMs, 0.5);
  const p95Ms = percentile(all.durationsMs, 0.95);
  return {
    period,
    fromMs: buckets.fromMs,
    toMs: nowMs,
    sessions,
    commands: all.count,
    succeeded,
    failed: all.failed,
    cancelled,
    successRate: judged === 0 ? null : succeeded / judged,
    durations: medianMs === null || p95Ms === null ? null : { medianMs, p95Ms, totalMs: sum(all.durationsMs) },
    topCommands: ranking(commands),
    topTools: ranking(tools),
    activity,
    dropped,
  };
}
