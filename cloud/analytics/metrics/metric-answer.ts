/** Answers what a metric was over time: series per group, totals, a comparison, and what is hidden. */
import { dayOf } from "../../hours.ts";
import type { Context } from "../context.ts";
import {
  addDays,
  bucketsOf,
  comparedPeriod,
  type Day,
  type Grain,
  isComplete,
  type Period,
  wholePeriod,
} from "../period.ts";
import type { MetricQuestion } from "../question.ts";
import { QuestionError } from "../relation.ts";
import { type Metric, metricOf } from "./catalogue.ts";
import { type Cell, readCells } from "./metric-cells.ts";
import { type Group, type MetricRow, type Reading, readMetric } from "./metric-rows.ts";

export interface Series {
  readonly group: Group;
  /** One per bucket. */
  readonly cells: readonly Cell[];
  /** Over the whole period; `null` if distinct users were counted, which do not add up. */
  readonly total: Cell | null;
}

export interface Bucket {
  readonly start: Day;
  /** Whether it is over. */
  readonly complete: boolean;
}

export interface MetricAnswer {
  readonly metric: MetricQuestion["metric"];
  readonly title: string;
  readonly definition: string;
  readonly unit: Metric["unit"];
  readonly better: Metric["better"];
  /** When it was computed, ISO 8601. */
  readonly as_of: string;
  readonly grain: Grain;
  readonly buckets: readonly Bucket[];
  readonly series: readonly Series[];
  /** Cells that are hidden because of few users. */
  readonly suppressed: number;
  readonly comparison: { readonly buckets: readonly Bucket[]; readonly series: readonly Series[] } | null;
}

/** @throws QuestionError if the metric has no such grain or dimension. */
export async function answerMetric(context: Context, question: MetricQuestion): Promise<MetricAnswer> {
  const metric = metricOf(question.metric);
  const grain = grainOf(metric, question);
  checkDimensions(metric, question);
  const period = wholePeriod(grain, question.from, question.to);
  const now = await answerPeriod(context, question, metric, grain, period, null);
  const earlier = question.compare === undefined ? null : comparedPeriod(question.compare, grain, period);
  const groups = now.series.flatMap(({ group }) => (group.type === "value" ? [group.value] : []));
  const comparison = earlier === null ? null : await answerPeriod(context, question, metric, grain, earlier, groups);
  return {
    metric: question.metric,
    title: metric.title,
    definition: metric.definition,
    unit: metric.unit,
    better: metric.better,
    as_of: new Date(context.nowMs).toISOString(),
    grain,
    ...now,
    comparison: comparison === null ? null : { buckets: comparison.buckets, series: comparison.series },
    suppressed: now.suppressed + (comparison?.suppressed ?? 0),
  };
}

function grainOf({ grains }: Metric, { metric, grain = grains[0] ?? "day" }: MetricQuestion): Grain {
  if (grains.includes(grain)) return grain;
  throw new QuestionError(`${metric} has no value by ${grain}. Use: ${grains.join(", ")}.`);
}

function checkDimensions({ dimensions }: Metric, { metric, filters, group_by }: MetricQuestion): void {
  const used = [...filters.map(({ dimension }) => dimension), ...(group_by === undefined ? [] : [group_by])];
  const unknown = used.find((name) => !dimensions.includes(name));
  if (unknown !== undefined)
    throw new QuestionError(`${metric} cannot be divided by ${unknown}. Use: ${dimensions.join(", ")}.`);
  if (new Set(used).size < used.length) throw new QuestionError("A dimension is named twice.");
}

interface PeriodAnswer {
  readonly buckets: readonly Bucket[];
  readonly series: readonly Series[];
  readonly suppressed: number;
}

/** `chosen`: the groups to show, of the period that is compared; `null`: the largest. */
async function answerPeriod(
  context: Context,
  { filters, group_by, top }: MetricQuestion,
  metric: Metric,
  grain: Grain,
  period: Period,
  chosen: readonly string[] | null,
): Promise<PeriodAnswer> {
  const starts = bucketsOf(grain, period);
  const lastDay = addDays(dayOf(context.nowMs), -1);
  const whole: Reading = { metric, grain, period, filters, groupBy: null, top: null, starts, lastDay };
  const reading = group_by === undefined ? whole : await groupedReading(context, whole, group_by, top, chosen);
  const groups = [...(reading.top ?? []).map((value): Group => ({ type: "value", value })), ...restGroups(reading)];
  const cells = await readCells(context, reading, groups, starts);
  const isTotalled = metric.source.type === "sql" && metric.source.distinct !== true;
  const totals = isTotalled ? await readCells(context, { ...reading, grain: null }, groups, [period.from]) : null;
  const series = groups
    .map((group, n): Series => ({ group, cells: cells[n] ?? [], total: totalOf(cells[n] ?? [], totals?.[n]?.[0]) }))
    .filter(({ group, cells: own }) => group.type !== "other" || own.some(isFilled));
  const hidden = series.flatMap(({ cells: own, total }) => [...own, ...(total === null ? [] : [total])]);
  return {
    buckets: starts.map((start) => ({ start, complete: isComplete(grain, start, context.nowMs) })),
    series,
    suppressed: hidden.filter((cell) => cell.hidden).length,
  };
}

/** *Other* is shown only if something is outside the top. */
const isFilled = ({ value, hidden }: Cell): boolean => hidden || (value ?? 0) !== 0;

const restGroups = ({ groupBy }: Reading): readonly Group[] =>
  groupBy === null ? [{ type: "all" }] : [{ type: "other" }, { type: "all" }];

/** With a hidden bucket, the total would give it away. */
function totalOf(cells: readonly Cell[], total: Cell | undefined): Cell | null {
  if (total === undefined) return null;
  return cells.some(({ hidden }) => hidden) ? { value: null, hidden: true } : total;
}

async function groupedReading(
  { warehouse }: Context,
  whole: Reading,
  groupBy: NonNullable<MetricQuestion["group_by"]>,
  top: number,
  chosen: readonly string[] | null,
): Promise<Reading> {
  const groups = chosen ?? (await largestGroups(warehouse, { ...whole, grain: null, groupBy }, top));
  return { ...whole, groupBy, top: groups };
}

/** The groups with the largest values of the whole period; equal ones in the order of their names. */
async function largestGroups(
  warehouse: Context["warehouse"],
  reading: Reading,
  top: number,
): Promise<readonly string[]> {
  const rows = await readMetric(warehouse, reading);
  // A rate is not a size.
  const sizeOf = ({ value, per, users }: MetricRow) => per ?? (reading.metric.empty === 0 ? (value ?? 0) : users.all);
  return rows
    .flatMap((row) => (row.group.type === "value" ? [{ name: row.group.value, size: sizeOf(row) }] : []))
    .toSorted((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
    .slice(0, top)
    .map(({ name }) => name);
}
