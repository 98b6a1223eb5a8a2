/** Tool calls by tool and source: counts, failures with their confidence interval, durations, trend, coverage. */
import type { AgentCoverage, ToolCallStats, ToolCalls } from "../../shared/protocol/reports.ts";
import type { Row } from "../store/driver/driver.ts";
import {
  Aggregate,
  aggregatesByName,
  byName,
  mostFrequent,
  type TerminalRollup,
  terminalColumns,
  terminalRollup,
} from "./aggregate.ts";
import { type Bucket, bucketIndex } from "./calendar.ts";
import { isElapsed, isToolCall, toolCallCondition } from "./classify.ts";
import { countsIn } from "./counts.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import { wilson } from "./statistics.ts";

/** Tools in the result, most frequent first. */
const maxTools = 100;

const isOutcome: ReadonlySet<unknown> = new Set(["ok", "failed", "cancelled"]);

export function emptyToolCalls({ period, fromMs, toMs, unit }: PeriodQuery): ToolCalls {
  return { period, fromMs, toMs, unit, tools: [], coverage: [] };
}

export function readToolCalls(open: OpenPeriodQuery): ToolCalls {
  const { query } = open;
  const rows = open.rows(
    (from) =>
      `SELECT ${terminalColumns}, d.agent FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${toolCallCondition}`,
  );
  const previous = previousCalls(open);
  const tools = mostFrequent(byName(rows.filter(isToolCall).map(terminalRollup), toolKey))
    .slice(0, maxTools)
    .map(({ name, ends }) => toolOf(name, ends, query.span.buckets, previous));
  return { ...emptyToolCalls(query), tools, coverage: coverageOf(rows) };
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

function previousCalls({ connection, previous }: OpenPeriodQuery): ReadonlyMap<string, Aggregate> | undefined {
  if (previous === undefined) return undefined;
  const calls = countsIn(connection, previous.ranges).filter(({ row }) => isToolCall(row));
  return aggregatesByName(calls, toolKey);
}

/** Counts the calls that only OpenTelemetry reported, by agent; hooks report the same IDs, and never denied calls. */
function reportedByOtlp(rows: readonly Row[]): ReadonlyMap<string, number> {
  const reported = new Map<string, number>();
  for (const row of rows) {
    if (row["source"] !== "otlp" || !isToolCall(row) || row["status"] === "cancelled") continue;
    const agent = String(row["agent"]);
    reported.set(agent, (reported.get(agent) ?? 0) + Number(row["count"]));
  }
  return reported;
}

function coverageOf(rows: readonly Row[]): readonly AgentCoverage[] {
  const missed = reportedByOtlp(rows);
  const sources = new Map<string, { -readonly [K in keyof AgentCoverage]: AgentCoverage[K] }>();
  for (const row of rows) {
    const source = String(row["source"]);
    const nothing = { started: 0, ended: 0, withOutcome: 0, withDuration: 0, failed: 0 };
    const coverage = sources.get(source) ?? { source, ...nothing, missedByHooks: missed.get(source) ?? 0 };
    sources.set(source, coverage);
    const count = Number(row["count"]);
    if (row["tool_phase"] === "start") coverage.started += count;
    if (!isToolCall(row)) continue;
    coverage.ended += count;
    if (!isElapsed(row)) coverage.withDuration += Number(row["duration_count"]);
    if (isOutcome.has(row["status"])) coverage.withOutcome += count;
    if (row["status"] === "failed") coverage.failed += count;
  }
  return [...sources.values()].sort((a, b) => b.ended - a.ended || (a.source < b.source ? -1 : 1));
}
