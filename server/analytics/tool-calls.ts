/** Uses of tools by tool and by where they were used: counts, failures with their interval, durations, trend, coverage. */
import type { AgentCoverage, PeriodSelection, ToolCallStats, ToolCalls } from "../../shared/protocol/reports.ts";
import type { Connection, Row } from "../store/driver/driver.ts";
import { closedDayOf, readRanges, splitByGrain } from "../store/rollups/reader.ts";
import {
  Aggregate,
  aggregatesByName,
  byName,
  mostFrequent,
  type TerminalRollup,
  terminalColumns,
  terminalRollup,
} from "./aggregate.ts";
import { type Bucket, bucketIndex, type Span, spanOf, unitOf } from "./calendar.ts";
import { isToolCall } from "./classify.ts";
import { countsIn } from "./counts.ts";
import { previousPeriod } from "./recorded-range.ts";
import { wilson } from "./statistics.ts";

/** How many tools are told, the most frequent first. */
const maxTools = 100;

const isOutcome: ReadonlySet<unknown> = new Set(["ok", "failed", "cancelled"]);

export function emptyToolCalls(selection: PeriodSelection, nowMs: number): ToolCalls {
  return { ...daysOf(selection, spanOf(selection, nowMs), nowMs), tools: [], coverage: [] };
}

export function readToolCalls(connection: Connection, selection: PeriodSelection, nowMs: number): ToolCalls {
  const span = spanOf(selection, nowMs);
  const rows = readRanges(
    connection,
    splitByGrain(span.fromHour, span.toHour, closedDayOf(connection), span.grain),
    (from) =>
      `SELECT ${terminalColumns}, d.agent FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE d.event_type = 'agent_event'`,
  );
  const before = usesBefore(connection, span, nowMs);
  const tools = mostFrequent(byName(rows.filter(isToolCall).map(terminalRollup), toolKey))
    .slice(0, maxTools)
    .map(({ name, ends }) => toolOf(name, ends, span.buckets, before));
  return { ...daysOf(selection, span, nowMs), tools, coverage: hostsOf(rows) };
}

function daysOf({ period }: PeriodSelection, { fromMs, endMs, grain }: Span, nowMs: number) {
  return { period, fromMs, toMs: Math.max(fromMs, Math.min(nowMs, endMs)), unit: unitOf[grain] ?? "day" };
}

const toolKey = ({ tool_name: name, source }: Row) => (typeof name === "string" ? `${name}\n${source}` : undefined);

function toolOf(
  key: string,
  ends: readonly TerminalRollup[],
  buckets: readonly Bucket[],
  before: ReadonlyMap<string, Aggregate> | undefined,
): ToolCallStats {
  const [name = "", source = ""] = key.split("\n");
  const group = Aggregate.of(ends);
  const earlier = before?.get(key);
  const [medianMs, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((p) => group.quantileMs(p));
  const trend = buckets.map(() => 0);
  for (const { row } of ends) {
    const at = bucketIndex(buckets, row);
    if (at >= 0) trend[at] = (trend[at] ?? 0) + Number(row["count"]);
  }
  return {
    name,
    source,
    calls: group.count,
    failed: group.failed,
    cancelled: group.cancelled,
    trend,
    failure: failureOf(group),
    durations:
      typeof medianMs === "number" && typeof p95Ms === "number" && typeof p99Ms === "number"
        ? { medianMs, p95Ms, p99Ms }
        : null,
    before:
      before === undefined
        ? null
        : {
            calls: earlier?.count ?? 0,
            failureRate: earlier === undefined ? null : (failureOf(earlier)?.rate ?? null),
          },
  };
}

function failureOf({ failed, decided }: Aggregate): ToolCallStats["failure"] {
  if (decided === 0) return null;
  const [low, high] = wilson(failed, decided);
  return { rate: failed / decided, low, high };
}

function usesBefore(connection: Connection, span: Span, nowMs: number): ReadonlyMap<string, Aggregate> | undefined {
  const earlier = previousPeriod(connection, span, nowMs);
  if (earlier === undefined) return undefined;
  const uses = countsIn(connection, earlier.parts).filter(({ row }) => isToolCall(row));
  return aggregatesByName(uses, toolKey);
}

/** Uses that OpenTelemetry alone told of, by agent: what its hooks told too has the same id, and was stored once. Refusals no hook tells. */
function reportedByOtlp(rows: readonly Row[]): ReadonlyMap<string, number> {
  const reported = new Map<string, number>();
  for (const row of rows) {
    if (row["source"] !== "otlp" || !isToolCall(row) || row["status"] === "cancelled") continue;
    const agent = String(row["agent"]);
    reported.set(agent, (reported.get(agent) ?? 0) + Number(row["count"]));
  }
  return reported;
}

function hostsOf(rows: readonly Row[]): readonly AgentCoverage[] {
  const missed = reportedByOtlp(rows);
  const hosts = new Map<string, { -readonly [K in keyof AgentCoverage]: AgentCoverage[K] }>();
  for (const row of rows) {
    const source = String(row["source"]);
    const nothing = { started: 0, ended: 0, withOutcome: 0, withDuration: 0, failed: 0 };
    const host = hosts.get(source) ?? { source, ...nothing, missedByHooks: missed.get(source) ?? 0 };
    hosts.set(source, host);
    const count = Number(row["count"]);
    if (row["tool_phase"] === "start") host.started += count;
    if (!isToolCall(row)) continue;
    host.ended += count;
    host.withDuration += Number(row["duration_count"]);
    if (isOutcome.has(row["status"])) host.withOutcome += count;
    if (row["status"] === "failed") host.failed += count;
  }
  return [...hosts.values()].sort((a, b) => b.ended - a.ended || (a.source < b.source ? -1 : 1));
}
