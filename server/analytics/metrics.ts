/**
 * Personal usage metrics (analytics design, section 5.1, "metrics"): commands of Nexus tools with their profiles, ThinkTools,
 * tokens, cache and estimated cost. Reads only rollups.
 */
import type { Metrics } from "../../shared/protocol/reports.ts";
import type { FieldName } from "../../shared/schema/fields.ts";
import { type ContextSize, contextSizes } from "../../shared/vocabulary/agent-reports.ts";
import { pricesAsOf } from "../../shared/vocabulary/prices.ts";
import type { Row } from "../store/driver/driver.ts";
import { dayOfHour, firstDayOfMonth } from "../store/rollups/local-time.ts";
import { grains } from "../store/rollups/rollups.ts";
import { Aggregate, byName, mostFrequent, type TerminalRollup, terminalColumns, terminalRollup } from "./aggregate.ts";
import { endedCondition, isCommandRun, isToolCall } from "./classify.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import type { PriceList, Tokens } from "./price-list.ts";
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
  const used = usedTokens(open, priceList);
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
    tokens: sumOf(used),
    cost: costOf(used, priceList),
  };
}

/** Reads whole months only where no price changes within them. */
function usedTokens(open: OpenPeriodQuery, priceList: PriceList): readonly Used[] {
  const { fromHour, toHour } = open.query.span;
  const byDay = priceList.changesWithin(dayOfHour(fromHour), dayOfHour(toHour));
  const rows = open.rows(
    (from) =>
      `SELECT m.grain, m.bucket, m.numbers, d.model, d.context_size
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE m.numbers LIKE '%tokens%' OR m.numbers LIKE '%cost_microusd%'`,
    byDay ? grains.day : grains.month,
  );
  return rows.map(usedIn);
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
    tokens: { ...noTokens, cached: 0 },
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

interface Used {
  readonly model: string;
  readonly size: ContextSize | undefined;
  /** Counted since 1970. */
  readonly day: number;
  readonly tokens: Tokens;
  /** Cost as the agent reports it, in millionths of a US dollar. */
  readonly reportedMicroUsd: number;
}

function usedIn({ model, context_size: size, numbers, grain, bucket }: Row): Used {
  const summaries: Readonly<Record<string, unknown>> = typeof numbers === "string" ? JSON.parse(numbers) : {};
  // Count, sum, min and max.
  const total = (field: FieldName) => {
    const summary = summaries[field];
    return Array.isArray(summary) ? Number(summary[1]) : 0;
  };
  const at = Number(bucket);
  return {
    model: typeof model === "string" ? model : "unknown",
    size: contextSizes.find((known) => known === size),
    day: grain === grains.hour ? dayOfHour(at) : grain === grains.day ? at : firstDayOfMonth(at),
    tokens: {
      input: total("tokens_input"),
      output: total("tokens_output"),
      // Commands, and requests that an earlier version stored, have the other name.
      cacheRead: total("tokens_cache_read") + total("tokens_cached"),
      cacheWrite5m: total("tokens_cache_write_5m"),
      cacheWrite1h: total("tokens_cache_write_1h"),
      reasoning: total("tokens_reasoning"),
    },
    reportedMicroUsd: total("cost_microusd"),
  };
}

const noTokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 };

function sumOf(used: readonly Used[]): Metrics["tokens"] {
  const sum = { ...noTokens };
  for (const { tokens } of used) for (const kind of tokenKinds) sum[kind] += tokens[kind];
  return { ...sum, cached: sum.cacheRead };
}

const tokenKinds = Object.keys(noTokens) as (keyof Tokens)[];

const cents = (usd: number): number => Math.round(usd * 100) / 100;

function costOf(used: readonly Used[], priceList: PriceList): Metrics["cost"] {
  let usd = 0;
  let priced = false;
  const reportedMicroUsd = used.reduce((total, { reportedMicroUsd: reported }) => total + reported, 0);
  const unpriced = new Map<string, number>();
  for (const { model, day, size, tokens } of used) {
    const all = tokens.input + tokens.output;
    if (all === 0) continue;
    const cost = priceList.costOf(model, day, tokens, size);
    if (cost === undefined) unpriced.set(model, (unpriced.get(model) ?? 0) + all);
    else {
      priced = true;
      usd += cost;
    }
  }
  return {
    usd: priced ? cents(usd) : null,
    reportedUsd: reportedMicroUsd === 0 ? null : cents(reportedMicroUsd / 1_000_000),
    pricesAsOf,
    unpriced: [...unpriced].map(([model, tokens]) => ({ model, tokens })),
  };
}
