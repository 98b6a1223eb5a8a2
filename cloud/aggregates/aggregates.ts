/**
 * Daily totals (kept for 3 years) and monthly totals (kept for ever) in PostgreSQL. Each touched
 * day and month is recomputed from its hours until the raw events of one hour may have expired.
 * Then it is final, and later changes are recorded as not applied. Cells with few users are
 * suppressed.
 */

import { dayMs } from "../../shared/schema/durations.ts";
import { dayOf, type Hour, monthOf } from "../hours.ts";
import { oldestYoungMs } from "../warehouse/rollups.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { migratePostgres } from "./migrate.ts";
import type { Month, MonthlyFiles, MonthlyRow } from "./monthly-files.ts";
import type { Postgres, Statement } from "./postgres.ts";
import { cellKey, totalsSteps } from "./totals-schema.ts";

const dailyYears = 3;

const insertOf = (table: string, rows: readonly object[]): Statement => ({
  sql: `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
  params: [JSON.stringify(rows)],
});

/** Returns the statements that replace buckets with their current rows. */
function bucketStatements({ table, column }: Grain, buckets: readonly Bucket[]): readonly Statement[] {
  const params = [buckets.map(({ start }) => start)];
  const suppressed = buckets.map(({ start, suppressed: cells, version }) => ({ [column]: start, cells, version }));
  return [
    { sql: `DELETE FROM ${table} WHERE ${column} = ANY($1::date[])`, params },
    { sql: `DELETE FROM ${table}_suppressed WHERE ${column} = ANY($1::date[])`, params },
    insertOf(
      table,
      buckets.flatMap(({ rows }) => rows),
    ),
    insertOf(`${table}_suppressed`, suppressed),
  ];
}

interface Grain {
  readonly table: "daily" | "monthly";
  readonly column: "day" | "month";
  readonly start: "toDate" | "toStartOfMonth";
}

const byDay: Grain = { table: "daily", column: "day", start: "toDate" };
const byMonth: Grain = { table: "monthly", column: "month", start: "toStartOfMonth" };

interface Bucket {
  /** First day, `2026-11-01`. */
  readonly start: string;
  readonly rows: readonly MonthlyRow[];
  readonly suppressed: number;
  readonly version: number;
}

/** Final totals that a change was not applied to: first days of buckets (UTC), `2026-11-01`. */
export interface NotApplied {
  readonly days: readonly string[];
  readonly months: readonly string[];
}

/** Why a final total differs from a recount. */
export type Change = "late_events" | "erasure";

const startMs = (bucket: string): number => Date.parse(`${bucket}T00:00:00Z`);

export class Aggregates {
  readonly #postgres: Postgres;
  readonly #minUsers: number;
  readonly #files: MonthlyFiles;

  constructor(postgres: Postgres, minUsers: number, files: MonthlyFiles) {
    this.#postgres = postgres;
    this.#minUsers = minUsers;
    this.#files = files;
  }

  /** Creates missing tables and reconciles the months in the database with the files. */
  async migrate(): Promise<void> {
    await migratePostgres(this.#postgres, "totals", totalsSteps);
    const rows = await this.query<{ month: string; version: string }>(
      "SELECT month::text AS month, version FROM monthly_suppressed",
    );
    const versions = new Map(rows.map(({ month, version }) => [month, Number(version)]));
    for (const month of new Set([...this.#files.months(), ...versions.keys()])) {
      const inDatabase = versions.get(month) ?? -1;
      const inFile = await this.#files.versionOf(month);
      // The file is written first, so it is newer after a crash. After a restore either may be
      // newer.
      if (inFile > inDatabase) {
        const { month: start, ...rest } = await this.#files.read(month);
        await this.#postgres.transaction(bucketStatements(byMonth, [{ start, ...rest }]));
      } else if (inFile < inDatabase) await this.#files.write(await this.#readMonth(month));
    }
  }

  async #readMonth(month: string): Promise<Month> {
    const rows = await this.query<{ row: MonthlyRow }>(
      "SELECT to_jsonb(m) AS row FROM monthly m WHERE month = $1::date",
      [month],
    );
    const [head] = await this.query<{ cells: string; version: string }>(
      "SELECT cells, version FROM monthly_suppressed WHERE month = $1::date",
      [month],
    );
    return {
      month,
      suppressed: Number(head?.cells),
      version: Number(head?.version),
      rows: rows.map(({ row }) => row),
    };
  }

  /** Recomputes the days and months of the hours. Returns the final ones, which are not changed. */
  async recompute(warehouse: Warehouse, hours: readonly Hour[], nowMs: number, change: Change): Promise<NotApplied> {
    if (hours.length === 0) return { days: [], months: [] };
    const days = await this.#recomputeGrain(warehouse, byDay, new Set(hours.map((hour) => dayOf(hour * 1_000))), nowMs);
    const months = await this.#recomputeGrain(
      warehouse,
      byMonth,
      new Set(hours.map((hour) => monthOf(hour * 1_000))),
      nowMs,
    );
    await this.#recordNotApplied({ days, months }, change, nowMs);
    await this.#postgres.query(`DELETE FROM daily WHERE day < $1::date`, [dayOf(nowMs - dailyYears * 365.25 * dayMs)]);
    return { days, months };
  }

  /** Recomputes the buckets of one grain. Returns the final ones. */
  async #recomputeGrain(
    warehouse: Warehouse,
    grain: Grain,
    starts: ReadonlySet<string>,
    nowMs: number,
  ): Promise<string[]> {
    const oldestMs = oldestYoungMs(nowMs);
    const young = [...starts].filter((start) => startMs(start) >= oldestMs);
    const { column, table } = grain;
    const cells = young.length === 0 ? [] : await this.#cells(warehouse, grain, young);
    // Hours that are young by this clock but have no user states: an earlier clock was ahead.
    const emptied = new Set(cells.filter((row) => Number(row["emptied"]) > 0).map((row) => String(row[column])));
    const open = young.filter((start) => !emptied.has(start));
    const buckets = open.map((start): Bucket => {
      const all = cells.filter((row) => row[column] === start);
      const large = all.filter((row) => this.#minUsers <= 1 || Number(row["counted_users"]) >= this.#minUsers);
      return { start, rows: large.map(rowOf), suppressed: all.length - large.length, version: nowMs };
    });
    if (table === "monthly") {
      for (const { start, ...rest } of buckets) await this.#files.write({ month: start, ...rest } satisfies Month);
    }
    if (buckets.length > 0) await this.#postgres.transaction(bucketStatements(grain, buckets));
    return [...starts].filter((start) => !open.includes(start)).sort();
  }

  #cells(warehouse: Warehouse, { column, start }: Grain, buckets: readonly string[]) {
    return warehouse.query<Readonly<Record<string, unknown>>>(
      `SELECT toString(${start}(hour)) AS ${column}, ${cellKey}, toUInt64(sum(events)) AS events,
         uniqExactMerge(users_state) AS users, uniqExactMerge(counted_state) AS counted_users,
         countIf(hourly.users > 0 AND finalizeAggregation(users_state) = 0) AS emptied,
         toUInt64(sum(duration_count)) AS duration_count, toUInt64(sum(duration_sum)) AS duration_sum,
         quantilesTDigestMerge(0.5, 0.95, 0.99)(durations) AS quantiles,
         toUInt64(sum(tokens_input)) AS tokens_input, toUInt64(sum(tokens_output)) AS tokens_output
       FROM hourly FINAL WHERE toString(${start}(hour)) IN {buckets:Array(String)} GROUP BY ${column}, ${cellKey}`,
      { buckets },
    );
  }

  async #recordNotApplied({ days, months }: NotApplied, reason: Change, nowMs: number): Promise<void> {
    const at = new Date(nowMs).toISOString();
    const rows = [
      ...days.map((bucket) => ({ grain: "day", bucket, reason, first_at: at, last_at: at })),
      ...months.map((bucket) => ({ grain: "month", bucket, reason, first_at: at, last_at: at })),
    ];
    if (rows.length === 0) return;
    await this.#postgres.query(
      `INSERT INTO not_applied SELECT * FROM jsonb_populate_recordset(NULL::not_applied, $1::jsonb)
       ON CONFLICT (grain, bucket, reason) DO UPDATE SET last_at = excluded.last_at`,
      [JSON.stringify(rows)],
    );
  }

  /** Adds to the operation counts of the current month. */
  async count(nowMs: number, counts: ReadonlyMap<string, number>): Promise<void> {
    if (counts.size === 0) return;
    const month = monthOf(nowMs);
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
}

/** Converts a warehouse cell to a row, without the helper columns. */
function rowOf(cell: Readonly<Record<string, unknown>>): MonthlyRow {
  const { quantiles, counted_users: _, emptied: __, ...row } = cell;
  const [p50, p95, p99] = Array.isArray(quantiles) && Number(row["duration_count"]) > 0 ? quantiles : [];
  return { ...row, p50_ms: p50 ?? null, p95_ms: p95 ?? null, p99_ms: p99 ?? null };
}
