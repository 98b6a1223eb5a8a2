/**
 * Personal usage metrics (analytics design, section 5.1, "metrics"): commands of Nexus tools with their profiles, ThinkTools,
 * tokens, cache and estimated cost. Reads only rollups.
 */
import type { Answer } from "../../shared/protocol/query.ts";
import type { Metrics } from "../../shared/protocol/reports.ts";
import { pricesAsOf } from "../../shared/vocabulary/prices.ts";
import { Aggregate, byName, mostFrequent, type TerminalRollup, terminalColumns, terminalRollup } from "./aggregate.ts";
import { endedCondition, isCommandRun, isToolCall } from "./classify.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import type { PriceList } from "./price-list.ts";
import { answer } from "./query/query.ts";
import { sessionsIn } from "./stats.ts";

/** Rows of a ranking; the rest is one row, `other`. */
const topCount = 10;

export function readMetrics(open: OpenPeriodQuery, priceList: PriceList): Metrics {
  const { query, connection } = open;
  const rows = open.rows(
    (from) =>
      `SELECT ${terminalColumns}, d.profile, d.thinktool, d.cache_hit
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition} OR d.event_type = 'thinktool_completed'`,
  );
  const ends = rows.map(terminalRollup);
  const runs = ends.filter(({ row }) => isCommandRun(row));
  const all = Aggregate.of(runs);
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
    ...tokensAndCost(answer(connection, { period: query.selection, by: "model" }, priceList, query.nowMs)),
  };
}

const nothingUsed: Pick<Metrics, "tokens" | "cost"> = {
  tokens: { input: 0, output: 0, cached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 },
  cost: { usd: null, reportedUsd: null, pricesAsOf, unpriced: [] },
};

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
    ...nothingUsed,
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

const cents = (usd: number): number => Math.round(usd * 100) / 100;

function tokensAndCost({ groups, total }: Answer): Pick<Metrics, "tokens" | "cost"> {
  const { tokens, cost } = total;
  return {
    tokens: { ...tokens, cached: tokens.cacheRead },
    cost: {
      usd: cost.listUsd === null ? null : cents(cost.listUsd),
      reportedUsd: cost.reportedUsd === null ? null : cents(cost.reportedUsd),
      pricesAsOf,
      unpriced: groups
        .map(({ key, measures }) => ({ model: key === "" ? "unknown" : key, tokens: measures.cost.unpricedTokens }))
        .filter((row) => row.tokens > 0),
    },
  };
}
