/**
 * Personal usage metrics (analytics design, section 5.1, "metrics"): commands of Nexus tools with their profiles, ThinkTools,
 * tokens, cache and estimated cost. Reads only rollups.
 */
import type { Metrics } from "../../shared/protocol/reports.ts";
import { type Price, prices, pricesAsOf } from "../../shared/vocabulary/prices.ts";
import type { Row } from "../store/driver/driver.ts";
import { Aggregate, byName, mostFrequent, type TerminalRollup, terminalColumns, terminalRollup } from "./aggregate.ts";
import { endedCondition, isCommandRun, isToolCall } from "./classify.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import { sessionsIn } from "./stats.ts";

/** Rows of a ranking; the rest is one row, `other`. */
const topCount = 10;

export function readMetrics(open: OpenPeriodQuery): Metrics {
  const { query, connection } = open;
  const rows = open.rows(
    (from) =>
      `SELECT ${terminalColumns}, m.numbers, d.profile, d.thinktool, d.model, d.cache_hit
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition} OR d.event_type IN ('thinktool_completed', 'model_request')`,
  );
  const ends = rows.map(terminalRollup);
  const runs = ends.filter(({ row }) => isCommandRun(row));
  const all = Aggregate.of(runs);
  const used = rows.map(tokensOf);
  return {
    period: query.period,
    fromMs: query.fromMs,
    toMs: query.toMs,
    sessions: sessionsIn(connection, query.span).sessions,
    queries: all.count,
    totalMs: all.totalMs,
    commands: counts(runs, "command_path"),
    profiles: counts(runs, "profile"),
    thinktools: counts(ends, "thinktool"),
    tools: counts(
      ends.filter(({ row }) => isToolCall(row) && !isCommandRun(row)),
      "tool_name",
    ),
    averageMs: all.averageMs,
    successRate: all.successRate,
    cacheHitRate: cacheHitRate(runs),
    tokens: { input: sum(used, "input"), output: sum(used, "output"), cached: sum(used, "cached") },
    cost: costOf(used),
  };
}

export function emptyMetrics({ period, fromMs, nowMs }: PeriodQuery): Metrics {
  return {
    period,
    fromMs,
    toMs: nowMs,
    sessions: 0,
    queries: 0,
    totalMs: 0,
    commands: [],
    profiles: [],
    thinktools: [],
    tools: [],
    averageMs: null,
    successRate: null,
    cacheHitRate: null,
    tokens: { input: 0, output: 0, cached: 0 },
    cost: { usd: null, reportedUsd: null, pricesAsOf, unpriced: [] },
  };
}

function counts(ends: readonly TerminalRollup[], field: string): Metrics["commands"] {
  const ranked = mostFrequent(byName(ends, (row) => row[field])).map(({ name, count }) => ({ name, count }));
  const shown = ranked.slice(0, topCount);
  const rest = ranked.slice(topCount).reduce((total, { count }) => total + count, 0);
  if (rest === 0) return shown;
  const other = shown.find(({ name }) => name === "other");
  return [...shown.filter((row) => row !== other), { name: "other", count: rest + (other?.count ?? 0) }];
}

/** Rate among the runs that report whether their result came from a cache. */
function cacheHitRate(ends: readonly TerminalRollup[]): number | null {
  let hits = 0;
  let reported = 0;
  for (const { row } of ends) {
    if (row["cache_hit"] === null) continue;
    reported += Number(row["count"]);
    if (row["cache_hit"] === 1) hits += Number(row["count"]);
  }
  return reported === 0 ? null : hits / reported;
}

/** The tokens of a rollup. */
interface Tokens {
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  /** Cost as the agent reports it, in millionths of a US dollar. */
  readonly reportedMicroUsd: number;
}

function tokensOf({ model, numbers }: Row): Tokens {
  const summaries: Readonly<Record<string, unknown>> = typeof numbers === "string" ? JSON.parse(numbers) : {};
  // Count, sum, min and max.
  const total = (field: "tokens_input" | "tokens_output" | "tokens_cached" | "cost_microusd") => {
    const summary = summaries[field];
    return Array.isArray(summary) ? Number(summary[1]) : 0;
  };
  return {
    model: typeof model === "string" ? model : "unknown",
    input: total("tokens_input"),
    output: total("tokens_output"),
    cached: total("tokens_cached"),
    reportedMicroUsd: total("cost_microusd"),
  };
}

const sum = (used: readonly Tokens[], kind: "input" | "output" | "cached"): number =>
  used.reduce((total, tokens) => total + tokens[kind], 0);

const cents = (usd: number): number => Math.round(usd * 100) / 100;

/** Estimates the cost. Cached tokens are part of the input tokens. */
function costOf(used: readonly Tokens[]): Metrics["cost"] {
  let usd = 0;
  let priced = false;
  const reportedMicroUsd = used.reduce((total, tokens) => total + tokens.reportedMicroUsd, 0);
  const unpriced = new Map<string, number>();
  for (const { model, input, output, cached } of used) {
    if (input + output === 0) continue;
    const price = Object.hasOwn(prices, model) ? (prices as Readonly<Record<string, Price>>)[model] : undefined;
    if (price === undefined) unpriced.set(model, (unpriced.get(model) ?? 0) + input + output);
    else {
      priced = true;
      const known = Math.min(cached, input);
      usd +=
        ((input - known) * price.input + known * (price.cached ?? price.input) + output * price.output) / 1_000_000;
    }
  }
  return {
    usd: priced ? cents(usd) : null,
    reportedUsd: reportedMicroUsd === 0 ? null : cents(reportedMicroUsd / 1_000_000),
    pricesAsOf,
    unpriced: [...unpriced].map(([model, tokens]) => ({ model, tokens })),
  };
}
