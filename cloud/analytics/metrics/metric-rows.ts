/** Reads the values of a metric per bucket and group, with the users of each. */

import type { Context } from "../context.ts";
import type { Day, Grain } from "../period.ts";
import { bucketOf, columnOf } from "../relation.ts";
import { type CountedUsers, type Users, usersIn } from "../suppression.ts";
import type { Metric } from "./catalogue.ts";
import type { DimensionName } from "./dimensions.ts";
import { metricRelation, type Scope } from "./metric-relation.ts";

export interface Reading extends Scope {
  readonly metric: Metric;
  /** `null`: the whole period is one bucket. */
  readonly grain: Grain | null;
  readonly groupBy: DimensionName | null;
  /** Only these groups get rows; `null`: all groups. */
  readonly top: readonly string[] | null;
}

/** `other`: every group outside the top; `all`: without grouping, or over all groups. */
export type Group = { readonly type: "all" | "other" } | { readonly type: "value"; readonly value: string };

export interface MetricRow {
  readonly bucket: Day;
  readonly group: Group;
  readonly value: number | null;
  /** A ratio's denominator. */
  readonly per: number | null;
  readonly users: Users;
}

interface Keys {
  readonly bucket: string;
  readonly g: string;
  readonly is_other: number;
  readonly is_all: number;
}

interface Found extends Keys, CountedUsers {
  readonly v: number | string | null;
  readonly p: number | string | null;
}

const groupOf = ({ g, is_other, is_all }: Keys): Group =>
  Number(is_all) === 1 ? { type: "all" } : Number(is_other) === 1 ? { type: "other" } : { type: "value", value: g };

const numberOf = (value: number | string | null): number | null => (value === null ? null : Number(value));

/** Columns of bucket, group and *other*. */
function keysOf({ grain, groupBy, top }: Reading, table: Parameters<typeof columnOf>[0], date: string): string {
  const bucket = `toString(${grain === null ? "{from:Date}" : bucketOf(grain, date)}) AS bucket`;
  if (groupBy === null) return bucket;
  const column = `toString(${columnOf(table, groupBy)})`;
  const isTop = top === null ? "1" : `${column} IN {top:Array(String)}`;
  return `${bucket}, if(${isTop}, ${column}, '') AS g, toUInt8(NOT (${isTop})) AS is_other`;
}

/** Reads the rows of each group and, with grouping, those over all groups. */
export async function readMetric(warehouse: Context["warehouse"], reading: Reading): Promise<readonly MetricRow[]> {
  const { table, rows, date, value, per } = metricRelation(reading.metric, reading);
  const isGrouped = reading.groupBy !== null;
  const found = await warehouse.query<Found>(
    `SELECT ${keysOf(reading, table, date)}, ${isGrouped ? "grouping(g)" : "1"} AS is_all, ${value} AS v, ${per} AS p,
       uniqExact(anon_user_id) AS n_all, uniqExactIf(anon_user_id, established = 1) AS n_counted
     ${rows.text} GROUP BY ${isGrouped ? "GROUPING SETS ((bucket, g, is_other), (bucket))" : "bucket"}`,
    { ...rows.params, ...(reading.top === null ? {} : { top: reading.top }) },
  );
  return found.map((row) => ({
    bucket: row.bucket,
    group: groupOf(row),
    value: numberOf(row.v),
    per: numberOf(row.p),
    users: usersIn(row),
  }));
}

/** The users of a bucket's group who have rows in no other group of the bucket. */
export interface ExclusiveRow {
  readonly bucket: Day;
  readonly group: Group;
  readonly exclusive: Users;
}

export async function readExclusive(
  warehouse: Context["warehouse"],
  reading: Reading,
): Promise<readonly ExclusiveRow[]> {
  const { table, rows, date } = metricRelation(reading.metric, reading);
  const found = await warehouse.query<Keys & CountedUsers>(
    `SELECT bucket, g, is_other, 0 AS is_all, countIf(groups = 1) AS n_all, countIf(groups = 1 AND counts = 1) AS n_counted
     FROM (
       SELECT bucket, g, is_other, anon_user_id, counts, count() OVER (PARTITION BY bucket, anon_user_id) AS groups
       FROM (
         SELECT ${keysOf(reading, table, date)}, anon_user_id, max(established) AS counts
         ${rows.text} GROUP BY bucket, g, is_other, anon_user_id
       )
     ) GROUP BY bucket, g, is_other`,
    { ...rows.params, ...(reading.top === null ? {} : { top: reading.top }) },
  );
  return found.map((row) => ({ bucket: row.bucket, group: groupOf(row), exclusive: usersIn(row) }));
}
