/** The rows that a metric counts, and the aggregates over them, as SQL. */

import type { Day, Period } from "../period.ts";
import type { Filter } from "../question.ts";
import { conditionsOf, dateOf, rowsOf, type Sql, type TableName } from "../relation.ts";
import type { Metric } from "./catalogue.ts";
import { churnDays } from "./catalogue.ts";

export interface MetricRelation {
  /** The table whose columns the rows have. */
  readonly table: TableName;
  /** `FROM … WHERE …` */
  readonly rows: Sql;
  /** The date that decides on a row's bucket. */
  readonly date: string;
  readonly value: string;
  readonly per: string;
}

export interface Scope {
  readonly period: Period;
  readonly filters: readonly Filter[];
  /** Index of the filter to turn round. */
  readonly negated?: number | undefined;
  /** First days of the buckets. */
  readonly starts: readonly Day[];
  /** The last day with complete data. */
  readonly lastDay: Day;
}

const users = "uniqExact(anon_user_id)";
const people = "anon_user_id, established, source, product_version, product_os";

export function metricRelation({ source }: Metric, scope: Scope): MetricRelation {
  const { period, filters, negated } = scope;
  if (source.type === "sql") {
    const { table, where, value, per = "NULL" } = source;
    return { table, rows: rowsOf(table, period, filters, { where, negated }), date: dateOf(table), value, per };
  }
  if (source.type === "rolling") return rollingRelation(scope, source.days);
  return source.type === "retention" ? retentionRelation(scope, source.day) : churnRelation(scope);
}

/** Each row once for every day of the period whose window contains it. */
function rollingRelation({ period, filters, negated }: Scope, days: number): MetricRelation {
  const { text, params } = conditionsOf("session_hours", filters, negated);
  return {
    table: "session_hours",
    rows: {
      text: `FROM (
        SELECT ${people}, day + arrayJoin(range(${days})) AS date FROM (
          SELECT DISTINCT ${people}, toDate(hour) AS day FROM session_hours FINAL
          WHERE toDate(hour) > {from:Date} - ${days} AND toDate(hour) < {end:Date} AND ${text}
        )
      ) WHERE date >= {from:Date} AND date < {end:Date}`,
      params: { from: period.from, end: period.end, ...params },
    },
    date: "date",
    value: users,
    per: "NULL",
  };
}

/** Users by their first day, with whether they were active on calendar day N after it, if that day is over. */
function retentionRelation({ period, filters, negated, lastDay }: Scope, day: number): MetricRelation {
  const { text, params } = rowsOf("users", period, filters, { negated });
  return {
    table: "users",
    rows: {
      text: `FROM (
        SELECT anon_user_id, established, source, product_os, first_version, install_method, toDate(first_seen) AS date,
          (anon_user_id, toDate(first_seen) + ${day}) GLOBAL IN
            (SELECT anon_user_id, toDate(hour) FROM session_hours FINAL) AS is_back
        ${text} AND toDate(first_seen) + ${day} <= {last_day:Date}
      )`,
      params: { ...params, last_day: lastDay },
    },
    date: "date",
    value: "uniqExactIf(anon_user_id, is_back)",
    per: users,
  };
}

/** Users of the days before each bucket, with whether they had an event in as many days from its first. */
function churnRelation({ period, filters, negated, starts, lastDay }: Scope): MetricRelation {
  const { text, params } = conditionsOf("session_hours", filters, negated);
  const base = `toDate(hour) < date AND ${text}`;
  return {
    table: "session_hours",
    rows: {
      text: `FROM (
        SELECT anon_user_id, counts AS established, date, is_gone, named.1 AS source, named.2 AS product_version,
          named.3 AS product_os
        FROM (
          SELECT anon_user_id, max(session_hours.established) AS counts, date, countIf(toDate(hour) >= date) = 0 AS is_gone,
            arrayJoin(groupUniqArrayIf((session_hours.source, session_hours.product_version, session_hours.product_os), ${base})) AS named
          FROM session_hours FINAL ARRAY JOIN {starts:Array(Date)} AS date
          WHERE date + ${churnDays - 1} <= {last_day:Date}
            AND toDate(hour) >= date - ${churnDays} AND toDate(hour) < date + ${churnDays}
          GROUP BY anon_user_id, date HAVING countIf(${base}) > 0
        )
      ) WHERE date >= {from:Date} AND date < {end:Date}`,
      params: { from: period.from, end: period.end, starts, last_day: lastDay, ...params },
    },
    date: "date",
    value: "uniqExactIf(anon_user_id, is_gone)",
    per: users,
  };
}
