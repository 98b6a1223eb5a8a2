/** The tables that questions read, as SQL: the rows of a period, and conditions from typed filters. */
import { type Dimension, type DimensionName, dimensions } from "./metrics/dimensions.ts";
import type { Grain, Period } from "./period.ts";
import type { Filter } from "./question.ts";

export type TableName = "events" | "session_hours" | "sessions" | "users";

/** SQL with the values of its parameters. */
export interface Sql {
  readonly text: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A question that the data cannot answer: what is wrong with it. */
export class QuestionError extends Error {
  override readonly name = "QuestionError";
}

/** Days before and after a period in which its sessions may have begun or ended. */
const sessionDays = 31;

/** Each session as one row: what it did, and the source, version and system it began with. */
const sessions = `(
  SELECT anon_user_id, anon_session_id, min(first_ts) AS began, max(session_hours.established) AS established,
    toUnixTimestamp64Milli(max(last_ts)) - toUnixTimestamp64Milli(min(first_ts)) AS duration,
    sum(session_hours.commands) AS commands, argMin(session_hours.source, first_ts) AS source,
    argMin(session_hours.product_version, first_ts) AS product_version,
    argMin(session_hours.product_os, first_ts) AS product_os
  FROM session_hours FINAL
  WHERE toDate(hour) >= {from:Date} - ${sessionDays} AND toDate(hour) < {end:Date} + ${sessionDays}
  GROUP BY anon_user_id, anon_session_id
)`;

const tables: Readonly<Record<TableName, { readonly from: string; readonly date: string }>> = {
  events: { from: "events FINAL", date: "toDate(ts)" },
  session_hours: { from: "session_hours FINAL", date: "toDate(hour)" },
  sessions: { from: `${sessions} AS sessions`, date: "toDate(began)" },
  users: { from: "users FINAL", date: "toDate(first_seen)" },
};

/** Returns the column of a dimension. @throws QuestionError if the table does not have it. */
export function columnOf(table: TableName, name: DimensionName): string {
  const { column, ofSession, ofUser }: Dimension = dimensions[name];
  const found = table === "events" ? column : table === "users" ? ofUser : ofSession;
  if (found === undefined) throw new QuestionError(`${name} is not known of ${table.replace("_hours", "s")}.`);
  return found;
}

/** The calendar date of a row. */
export const dateOf = (table: TableName): string => tables[table].date;

/** Returns the first day of a date's bucket, as SQL. */
export const bucketOf = (grain: Grain, date: string): string =>
  grain === "day" ? date : grain === "week" ? `toMonday(${date})` : `toStartOfMonth(${date})`;

/**
 * Returns `FROM … WHERE …` for the rows of a period that pass the filters. The filter with the index
 * `negated` is turned round.
 */
export function rowsOf(
  table: TableName,
  { from, end }: Period,
  filters: readonly Filter[],
  { where = "1", negated }: { readonly where?: string | undefined; readonly negated?: number | undefined } = {},
): Sql {
  const conditions = conditionsOf(table, filters, negated);
  return {
    text: `FROM ${tables[table].from} WHERE ${dateOf(table)} >= {from:Date} AND ${dateOf(table)} < {end:Date} AND (${where}) AND ${conditions.text}`,
    params: { from, end, ...conditions.params },
  };
}

/** Conditions of filters on a table, and their parameters. */
export function conditionsOf(table: TableName, filters: readonly Filter[], negated?: number, prefix = "filter"): Sql {
  const conditions = filters.map(
    ({ dimension }, n) => `${columnOf(table, dimension)} ${n === negated ? "!=" : "="} {${prefix}${n}:String}`,
  );
  return {
    text: conditions.length === 0 ? "1" : conditions.join(" AND "),
    params: Object.fromEntries(filters.map(({ value }, n) => [`${prefix}${n}`, value])),
  };
}
