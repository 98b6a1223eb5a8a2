/** Reads the values of a metric per bucket and group, with the users of each. */

import type { Context } from "../context.ts";
import type { Day, Grain } from "../period.ts";
import { bucketOf, columnOf } from "../relation.ts";
import type { Users } from "../suppression.ts";
import type { Metric } from "./catalogue.ts";
import type { DimensionName } from "./dimensions.ts";
import { metricRelation, type Scope } from "./metric-relation.ts";

export interface Reading extends Scope {
  readonly metric: Metric;
  /** `null`: the whole period is one bucket. */
  readonly grain: Grain | null;
  readonly groupBy: DimensionName | null;
  /** Only these groups have rows of their own; `null`: all groups have. */
  readonly top: readonly string[] | null;
}

export interface MetricRow {
  readonly bucket: Day;
  readonly group: string;
  /** The row of everything outside `top`. */
  readonly isOther: boolean;
  readonly value: number | null;
  /** A ratio's denominator. */
  readonly per: number | null;
  readonly users: Users;
}

interface Found {
  readonly bucket: string;
  readonly g: string;
  readonly o: number;
  readonly v: number | string | null;
  readonly p: number | string | null;
  readonly n_all: string;
  readonly n_counted: string;
}

const numberOf = (value: number | string | null): number | null => (value === null ? null : Number(value));

/** Columns of bucket, group and *other*. */
function keysOf({ grain, groupBy, top }: Reading, table: Parameters<typeof columnOf>[0], date: string): string {
  const bucket = grain === null ? "{from:Date}" : bucketOf(grain, date);
  const column = groupBy === null ? "''" : `toString(${columnOf(table, groupBy)})`;
  const isTop = top === null ? "1" : `${column} IN {top:Array(String)}`;
  return `toString(${bucket}) AS bucket, if(${isTop}, ${column}, '') AS g, toUInt8(NOT (${isTop})) AS o`;
}

export async function readMetric(warehouse: Context["warehouse"], reading: Reading): Promise<readonly MetricRow[]> {
  const { table, rows, date, value, per } = metricRelation(reading.metric, reading);
  const found = await warehouse.query<Found>(
    `SELECT ${keysOf(reading, table, date)}, ${value} AS v, ${per} AS p,
       uniqExact(anon_user_id) AS n_all, uniqExactIf(anon_user_id, established = 1) AS n_counted
     ${rows.text} GROUP BY bucket, g, o`,
    { ...rows.params, ...(reading.top === null ? {} : { top: reading.top }) },
  );
  return found.map(({ bucket, g, o, v, p, n_all, n_counted }) => ({
    bucket,
    group: g,
    isOther: Number(o) === 1,
    value: numberOf(v),
    per: numberOf(p),
    users: { all: Number(n_all), counted: Number(n_counted) },
  }));
}

/** The users of a bucket's group who have rows in no other group of the bucket. */
export interface ExclusiveRow {
  readonly bucket: Day;
  readonly group: string;
  readonly isOther: boolean;
  readonly exclusive: Users;
}

export async function readExclusive(
  warehouse: Context["warehouse"],
  reading: Reading,
): Promise<readonly ExclusiveRow[]> {
  const { table, rows, date } = metricRelation(reading.metric, reading);
  const found = await warehouse.query<Omit<Found, "v" | "p">>(
    `SELECT bucket, g, o, countIf(groups = 1) AS n_all, countIf(groups = 1 AND counts = 1) AS n_counted
     FROM (
       SELECT bucket, g, o, anon_user_id, counts, count() OVER (PARTITION BY bucket, anon_user_id) AS groups
       FROM (
         SELECT ${keysOf(reading, table, date)}, anon_user_id, max(established) AS counts
         ${rows.text} GROUP BY bucket, g, o, anon_user_id
       )
     ) GROUP BY bucket, g, o`,
    { ...rows.params, ...(reading.top === null ? {} : { top: reading.top }) },
  );
  return found.map(({ bucket, g, o, n_all, n_counted }) => ({
    bucket,
    group: g,
    isOther: Number(o) === 1,
    exclusive: { all: Number(n_all), counted: Number(n_counted) },
  }));
}
