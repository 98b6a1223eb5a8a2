/** Answers a query of the query model from rollups. Nothing else reads rollups by filter and group. */
import type { Answer, FilterName, Filters, Query } from "../../../shared/protocol/query.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import { ownCommandCondition } from "../../../shared/vocabulary/own-commands.ts";
import { pricesAsOf } from "../../../shared/vocabulary/prices.ts";
import type { Connection, Row, SqlValue } from "../../store/driver/driver.ts";
import { dayOfHour } from "../../store/rollups/local-time.ts";
import { closedDayOf, readRanges, splitByGrain } from "../../store/rollups/reader.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { endedCondition } from "../classify.ts";
import { PeriodQuery } from "../period-query.ts";
import type { PriceList } from "../price-list.ts";
import { firstRecorded } from "../recorded-range.ts";
import { grainOf, groupKey, isByTime } from "./group-key.ts";
import { Totals } from "./totals.ts";

/** What is counted: ended runs and calls, and what agents report besides. */
export const counted = `(${endedCondition} OR (d.event_type IN ('agent_activity', 'model_request') AND NOT ${ownCommandCondition}))`;

/** The dimensions that totals and groups need. */
export const dimensionColumns = `d.event_type, d.source, d.tool_name, d.tool_phase, d.command_path, d.status, d.outcome_of, d.error_category,
  d.exit_class, d.activity, d.agent, d.agent_role, d.model, d.context_size, d.speed, d.mcp_server, d.workspace_hash, d.origin`;

const selected = `m.grain, m.bucket, m.count, m.duration_count, m.duration_sum, m.duration_min, m.duration_max, m.duration_sketch,
  m.numbers, ${dimensionColumns}`;

const filterColumns: Readonly<Partial<Record<FilterName, string>>> = {
  tool: "tool_name",
  agent: "agent",
  model: "model",
  workspace: "workspace_hash",
  source: "source",
  outcome: "status",
};

/** @throws SelectionError */
export function answer(connection: Connection | undefined, query: Query, priceList: PriceList, nowMs: number): Answer {
  const period = new PeriodQuery(query.period, nowMs);
  const { by, filters = {} } = query;
  const unpriced = new Set<string>();
  const total = new Totals(priceList, unpriced);
  const groups = new Map<string, Totals>();
  for (const row of connection === undefined ? [] : rowsOf(connection, period, query, priceList)) {
    const path = row["command_path"];
    if (filters.class !== undefined && (typeof path !== "string" || commandClass(path) !== filters.class)) continue;
    total.add(row);
    if (by === undefined) continue;
    const key = groupKey(row, by);
    const group = groups.get(key) ?? new Totals(priceList, unpriced);
    groups.set(key, group);
    group.add(row);
  }
  return {
    asOfMs: nowMs,
    fromMs: period.fromMs,
    toMs: period.toMs,
    recordedFromMs: connection === undefined ? null : firstRecorded(connection, period.span),
    by: by ?? null,
    groups: [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([key]) => !isByTime(by) || key !== "")
      .map(([key, { measures }]) => ({ key, measures })),
    total: total.measures,
    pricesAsOf,
    unpriced: [...unpriced].sort(),
  };
}

function rowsOf(
  connection: Connection,
  { span: { fromHour, toHour } }: PeriodQuery,
  { by, filters = {} }: Query,
  priceList: PriceList,
): readonly Row[] {
  const byDay = priceList.changesWithin(dayOfHour(fromHour), dayOfHour(toHour));
  const coarsest = Math.min(grainOf(by), byDay ? grains.day : grains.month);
  const ranges = splitByGrain(fromHour, toHour, closedDayOf(connection), coarsest);
  const [condition, values] = conditionOf(filters);
  return readRanges(
    connection,
    ranges,
    (from) => `SELECT ${selected} FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${counted}${condition}`,
    values,
  );
}

/** Returns the filters as a condition on `d`, except the class, which no column has. */
export function conditionOf(filters: Filters): readonly [sql: string, values: readonly SqlValue[]] {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  for (const [name, column] of Object.entries(filterColumns)) {
    const value = filters[name as FilterName];
    if (value === undefined) continue;
    conditions.push(`d.${column} = ?`);
    values.push(value);
  }
  if (filters.command !== undefined) {
    // Not LIKE, in which names may contain wildcards.
    conditions.push("(d.command_path = ? OR substr(d.command_path, 1, ?) = ?)");
    values.push(filters.command, filters.command.length + 1, `${filters.command} `);
  }
  if (filters.origin !== undefined) conditions.push(filters.origin === "live" ? "d.origin = 0" : "d.origin > 0");
  return [conditions.map((condition) => ` AND ${condition}`).join(""), values];
}
