/**
 * Personal usage metrics (analytics design, section 5.1, "metrics"): commands of Nexus tools with their profiles, ThinkTools,
 * tokens, cache and estimated cost. From rollups alone.
 */
import type { Metrics, Selection } from "../../shared/protocol.ts";
import { type Price, prices, pricesAsOf } from "../../shared/vocabulary/prices.ts";
import type { Connection, Row } from "../store/driver.ts";
import { closedDayOf, readSegments, segments } from "../store/rollup-reader.ts";
import { spanOf } from "./calendar.ts";
import { byName, type End, endColumns, endOf, Group, mostFrequent } from "./group.ts";
import { isRun } from "./runs.ts";
import { sessionsIn } from "./stats.ts";

/** How many rows a ranking shows; the rest is one row, `other`. */
const topCount = 10;

export function readMetrics(connection: Connection, selection: Selection, nowMs: number): Metrics {
  const span = spanOf(selection, nowMs);
  const rows = readSegments(
    connection,
    segments(span.fromHour, span.toHour, closedDayOf(connection), span.grain),
    (from) =>
      `SELECT ${endColumns}, m.numbers, w.event_type, w.source, w.tool_name, w.command_path, w.profile, w.thinktool, w.model,
         w.cache_hit
       FROM ${from} m JOIN words w ON w.id = m.words
       WHERE w.event_type IN ('command_finished', 'command_failed', 'command_cancelled', 'thinktool_completed')
         OR w.event_type = 'agent_event' AND w.tool_phase = 'end'`,
  );
  const ends = rows.map(endOf);
  const runs = ends.filter(({ row }) => row["event_type"] !== "thinktool_completed" && isRun(row));
  const all = Group.of(runs);
  return {
    period: selection.period,
    fromMs: span.fromMs,
    toMs: Math.max(span.fromMs, Math.min(nowMs, span.endMs)),
    sessions: sessionsIn(connection, span).sessions,
    queries: all.count,
    totalMs: all.totalMs,
    commands: counts(runs, "command_path"),
    profiles: counts(runs, "profile"),
    thinktools: counts(ends, "thinktool"),
    tools: counts(
      ends.filter(({ row }) => row["event_type"] === "agent_event" && !isRun(row)),
      "tool_name",
    ),
    averageMs: averageOf(rows.filter((row) => row["event_type"] !== "thinktool_completed" && isRun(row))),
    successRate: all.successRate,
    cacheHitRate: cacheHitRate(runs),
    tokens: {
      input: sum(rows, "tokens_input"),
      output: sum(rows, "tokens_output"),
      cached: sum(rows, "tokens_cached"),
    },
    cost: costOf(rows),
  };
}

export function emptyMetrics(selection: Selection, nowMs: number): Metrics {
  const { fromMs } = spanOf(selection, nowMs);
  return {
    ...{ period: selection.period, fromMs, toMs: nowMs, sessions: 0, queries: 0, totalMs: 0 },
    ...{ commands: [], profiles: [], thinktools: [], tools: [] },
    ...{ averageMs: null, successRate: null, cacheHitRate: null },
    tokens: { input: 0, output: 0, cached: 0 },
    cost: { usd: null, pricesAsOf, notPriced: [] },
  };
}

function counts(ends: readonly End[], field: string): Metrics["commands"] {
  const ranked = mostFrequent(byName(ends, (row) => row[field])).map(({ name, count }) => ({ name, count }));
  const shown = ranked.slice(0, topCount);
  const rest = ranked.slice(topCount).reduce((total, { count }) => total + count, 0);
  if (rest === 0) return shown;
  const other = shown.find(({ name }) => name === "other");
  return [...shown.filter((row) => row !== other), { name: "other", count: rest + (other?.count ?? 0) }];
}

function averageOf(rows: readonly Row[]): number | null {
  let known = 0;
  let total = 0;
  for (const row of rows) {
    known += Number(row["duration_count"]);
    total += Number(row["duration_sum"]);
  }
  return known === 0 ? null : Math.round(total / known);
}

/** Of the runs that say whether their result came from a cache. */
function cacheHitRate(ends: readonly End[]): number | null {
  let hits = 0;
  let told = 0;
  for (const { row } of ends) {
    if (row["cache_hit"] === null) continue;
    told += Number(row["count"]);
    if (row["cache_hit"] === 1) hits += Number(row["count"]);
  }
  return told === 0 ? null : hits / told;
}

type TokenField = "tokens_input" | "tokens_output" | "tokens_cached";

/** What a number of a rollup adds up to: the second of count, sum, least and most. */
function sumIn(row: Row, field: TokenField): number {
  if (typeof row["numbers"] !== "string") return 0;
  const summary: unknown = JSON.parse(row["numbers"])[field];
  return Array.isArray(summary) ? Number(summary[1]) : 0;
}

const sum = (rows: readonly Row[], field: TokenField): number =>
  rows.reduce((total, row) => total + sumIn(row, field), 0);

/** Cached tokens are taken as a part of the input. */
function costOf(rows: readonly Row[]): Metrics["cost"] {
  let usd = 0;
  let priced = false;
  const notPriced = new Map<string, number>();
  for (const row of rows) {
    const [input, output, cached] = [
      sumIn(row, "tokens_input"),
      sumIn(row, "tokens_output"),
      sumIn(row, "tokens_cached"),
    ];
    if (input + output === 0) continue;
    const model = typeof row["model"] === "string" ? row["model"] : "unknown";
    const price = Object.hasOwn(prices, model) ? (prices as Readonly<Record<string, Price>>)[model] : undefined;
    if (price === undefined) notPriced.set(model, (notPriced.get(model) ?? 0) + input + output);
    else {
      priced = true;
      const known = Math.min(cached, input);
      usd +=
        ((input - known) * price.input + known * (price.cached ?? price.input) + output * price.output) / 1_000_000;
    }
  }
  return {
    usd: priced ? Math.round(usd * 100) / 100 : null,
    pricesAsOf,
    notPriced: [...notPriced].map(([model, tokens]) => ({ model, tokens })),
  };
}
