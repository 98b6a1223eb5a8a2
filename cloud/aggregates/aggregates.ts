/**
 * Totals by day (3 years) and by month (for ever) in PostgreSQL: in this process (PGlite, in a thread of its own, since it blocks its loop) or a
 * server. Each day and month that was touched is written anew as a whole. A monthly cell with few users is not kept, so that what stays for ever
 * is of many.
 */

import type { Hour } from "../warehouse/rollups.ts";
import { dimensions } from "../warehouse/schema.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import type { Month, MonthlyFiles, MonthlyRow } from "./monthly-files.ts";
import type { Postgres, Statement } from "./postgres.ts";

const cell = dimensions.map((name) => `${name} text NOT NULL`).join(", ");
const numbers = `events bigint NOT NULL, users bigint NOT NULL, duration_count bigint NOT NULL, duration_sum numeric NOT NULL,
  p50_ms double precision, p95_ms double precision, p99_ms double precision, tokens_input numeric NOT NULL, tokens_output numeric NOT NULL`;
const key = dimensions.join(", ");

const statements = [
  `CREATE TABLE IF NOT EXISTS daily (day date NOT NULL, ${cell}, ${numbers}, PRIMARY KEY (day, ${key}))`,
  `CREATE TABLE IF NOT EXISTS monthly (month date NOT NULL, ${cell}, ${numbers}, PRIMARY KEY (month, ${key}))`,
  // Sums may be larger than what bigint holds; where they were made so, they are changed.
  ...["daily", "monthly"].map(
    (table) =>
      `ALTER TABLE ${table} ALTER COLUMN duration_sum TYPE numeric, ALTER COLUMN tokens_input TYPE numeric, ALTER COLUMN tokens_output TYPE numeric`,
  ),
  // What was not kept of a month, without saying of whom.
  `CREATE TABLE IF NOT EXISTS monthly_suppressed (month date PRIMARY KEY, cells bigint NOT NULL)`,
  // What happened on this side: how many events were accepted, refused and why, erased.
  `CREATE TABLE IF NOT EXISTS operations (month date NOT NULL, what text NOT NULL, count bigint NOT NULL, PRIMARY KEY (month, what))`,
];

const dailyYears = 3;

const insertOf = (table: string, rows: readonly object[]): Statement => ({
  sql: `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
  params: [JSON.stringify(rows)],
});

/** Months as they are now, in place of what was there of them. */
function monthStatements(months: readonly Month[]): readonly Statement[] {
  const params = [months.map(({ month }) => month)];
  return [
    { sql: "DELETE FROM monthly WHERE month = ANY($1::date[])", params },
    { sql: "DELETE FROM monthly_suppressed WHERE month = ANY($1::date[])", params },
    insertOf(
      "monthly",
      months.flatMap(({ rows }) => rows),
    ),
    insertOf(
      "monthly_suppressed",
      months.map(({ month, suppressed }) => ({ month, cells: suppressed })),
    ),
  ];
}

interface Grain {
  readonly table: "daily" | "monthly";
  readonly column: "day" | "month";
  readonly start: "toDate" | "toStartOfMonth";
}

const byDay: Grain = { table: "daily", column: "day", start: "toDate" };
const byMonth: Grain = { table: "monthly", column: "month", start: "toStartOfMonth" };

export class Aggregates {
  readonly #postgres: Postgres;
  readonly #leastUsers: number;
  readonly #files: MonthlyFiles;

  constructor(postgres: Postgres, leastUsers: number, files: MonthlyFiles) {
    this.#postgres = postgres;
    this.#leastUsers = leastUsers;
    this.#files = files;
  }

  /** Makes what is missing: tables, and months that only the files still have. */
  async migrate(): Promise<void> {
    await this.#postgres.transaction(statements.map((sql) => ({ sql, params: [] })));
    const rows = await this.query<{ month: string }>("SELECT month::text AS month FROM monthly_suppressed");
    const known = new Set(rows.map(({ month }) => month));
    for (const month of this.#files.months().filter((one) => !known.has(one))) {
      await this.#postgres.transaction(monthStatements([this.#files.read(month)]));
    }
  }

  /** Makes the days and months of these hours anew. */
  async recompute(warehouse: Warehouse, hours: readonly Hour[]): Promise<void> {
    if (hours.length === 0) return;
    const dates = [...new Set(hours.map((hour) => new Date(hour * 1_000).toISOString().slice(0, 10)))];
    const months = [...new Set(dates.map((date) => `${date.slice(0, 7)}-01`))];
    await this.#write(warehouse, byDay, dates);
    await this.#write(warehouse, byMonth, months);
    await this.#postgres.transaction([
      { sql: `DELETE FROM daily WHERE day < now() - interval '${dailyYears} years'`, params: [] },
    ]);
  }

  async #write(warehouse: Warehouse, { table, column, start }: Grain, buckets: readonly string[]): Promise<void> {
    const cells = await warehouse.query<Readonly<Record<string, unknown>>>(
      `SELECT toString(${start}(hour)) AS ${column}, ${key}, toUInt64(sum(events)) AS events, uniqExactMerge(users_state) AS users,
         toUInt64(sum(duration_count)) AS duration_count, toUInt64(sum(duration_sum)) AS duration_sum,
         quantilesTDigestMerge(0.5, 0.95, 0.99)(durations) AS quantiles,
         toUInt64(sum(tokens_input)) AS tokens_input, toUInt64(sum(tokens_output)) AS tokens_output
       FROM hourly FINAL WHERE toString(${start}(hour)) IN {buckets:Array(String)} GROUP BY ${column}, ${key}`,
      { buckets },
    );
    const few = (row: Readonly<Record<string, unknown>>) =>
      table === "monthly" && Number(row["users"]) < this.#leastUsers;
    const rows = cells
      .filter((row) => !few(row))
      .map(({ quantiles, ...row }): MonthlyRow => {
        const [p50, p95, p99] = Array.isArray(quantiles) && Number(row["duration_count"]) > 0 ? quantiles : [];
        return { ...row, p50_ms: p50 ?? null, p95_ms: p95 ?? null, p99_ms: p99 ?? null };
      });
    if (table === "daily") {
      await this.#postgres.transaction([
        { sql: "DELETE FROM daily WHERE day = ANY($1::date[])", params: [buckets] },
        insertOf("daily", rows),
      ]);
      return;
    }
    const months = buckets.map((month) => ({
      month,
      suppressed: cells.filter((row) => row[column] === month && few(row)).length,
      rows: rows.filter((row) => row[column] === month),
    }));
    await this.#postgres.transaction(monthStatements(months));
    for (const month of months) await this.#files.write(month);
  }

  /** Adds to what happened this month. */
  async count(nowMs: number, counts: ReadonlyMap<string, number>): Promise<void> {
    if (counts.size === 0) return;
    const month = `${new Date(nowMs).toISOString().slice(0, 7)}-01`;
    const rows = [...counts].map(([what, count]) => ({ month, what, count }));
    await this.#postgres.transaction([
      {
        sql: `INSERT INTO operations SELECT * FROM jsonb_populate_recordset(NULL::operations, $1::jsonb)
              ON CONFLICT (month, what) DO UPDATE SET count = operations.count + excluded.count`,
        params: [JSON.stringify(rows)],
      },
    ]);
  }

  query<T>(sql: string, params: readonly unknown[] = []): Promise<readonly T[]> {
    return this.#postgres.query<T>(sql, params);
  }

  close(): Promise<void> {
    return this.#postgres.close();
  }
}
