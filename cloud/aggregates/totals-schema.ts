/** The PostgreSQL tables of daily and monthly totals. */
import { dimensions } from "../warehouse/schema.ts";
import type { Step } from "./migrate.ts";

const cell = dimensions.map((name) => `${name} text NOT NULL`).join(", ");
const measureColumns = `events bigint NOT NULL, users bigint NOT NULL, duration_count bigint NOT NULL, duration_sum numeric NOT NULL,
  p50_ms double precision, p95_ms double precision, p99_ms double precision, tokens_input numeric NOT NULL, tokens_output numeric NOT NULL`;
/** Column list of the dimensions. */
export const cellKey = dimensions.join(", ");

const wideSums = (table: string): string =>
  `ALTER TABLE ${table} ALTER COLUMN duration_sum TYPE numeric, ALTER COLUMN tokens_input TYPE numeric, ALTER COLUMN tokens_output TYPE numeric`;

/** Steps of the schema `totals`; a step that has shipped never changes. */
export const totalsSteps: readonly Step[] = [
  [
    `CREATE TABLE IF NOT EXISTS daily (day date NOT NULL, ${cell}, ${measureColumns}, PRIMARY KEY (day, ${cellKey}))`,
    `CREATE TABLE IF NOT EXISTS monthly (month date NOT NULL, ${cell}, ${measureColumns}, PRIMARY KEY (month, ${cellKey}))`,
    // Sums may exceed bigint, which tables before 0.8 used.
    wideSums("daily"),
    wideSums("monthly"),
    // Number of suppressed cells per bucket. `version` is that of the month's file, which is written
    // first.
    "CREATE TABLE IF NOT EXISTS daily_suppressed (day date PRIMARY KEY, cells bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS monthly_suppressed (month date PRIMARY KEY, cells bigint NOT NULL)",
    "ALTER TABLE monthly_suppressed ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 0",
    // Final buckets with changes that were not applied: the reason, and the first and last time.
    `CREATE TABLE IF NOT EXISTS not_applied (grain text NOT NULL, bucket date NOT NULL, reason text NOT NULL,
     first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, PRIMARY KEY (grain, bucket, reason))`,
    // Monthly counts of accepted, refused (by reason) and erased events.
    "CREATE TABLE IF NOT EXISTS operations (month date NOT NULL, what text NOT NULL, count bigint NOT NULL, PRIMARY KEY (month, what))",
  ],
];
