/** The tables of totals in PostgreSQL. */
import { dimensions } from "../warehouse/schema.ts";

const cell = dimensions.map((name) => `${name} text NOT NULL`).join(", ");
const numbers = `events bigint NOT NULL, users bigint NOT NULL, duration_count bigint NOT NULL, duration_sum numeric NOT NULL,
  p50_ms double precision, p95_ms double precision, p99_ms double precision, tokens_input numeric NOT NULL, tokens_output numeric NOT NULL`;
/** The columns of a cell, for lists in statements. */
export const cellKey = dimensions.join(", ");

const wideSums = (table: string): string =>
  `ALTER TABLE ${table} ALTER COLUMN duration_sum TYPE numeric, ALTER COLUMN tokens_input TYPE numeric, ALTER COLUMN tokens_output TYPE numeric`;

export const totalsStatements: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS daily (day date NOT NULL, ${cell}, ${numbers}, PRIMARY KEY (day, ${cellKey}))`,
  `CREATE TABLE IF NOT EXISTS monthly (month date NOT NULL, ${cell}, ${numbers}, PRIMARY KEY (month, ${cellKey}))`,
  // Sums may be larger than what bigint holds; tables of before 0.8 had bigint.
  wideSums("daily"),
  wideSums("monthly"),
  // How many cells were suppressed, without saying of whom. `version`: of the month's file, which is written first.
  "CREATE TABLE IF NOT EXISTS daily_suppressed (day date PRIMARY KEY, cells bigint NOT NULL)",
  "CREATE TABLE IF NOT EXISTS monthly_suppressed (month date PRIMARY KEY, cells bigint NOT NULL)",
  "ALTER TABLE monthly_suppressed ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 0",
  // Final days and months in which something changed that they do not show, why, and when first and last.
  `CREATE TABLE IF NOT EXISTS not_applied (grain text NOT NULL, bucket date NOT NULL, reason text NOT NULL,
     first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, PRIMARY KEY (grain, bucket, reason))`,
  // What happened on this side: how many events were accepted, refused and why, erased.
  "CREATE TABLE IF NOT EXISTS operations (month date NOT NULL, what text NOT NULL, count bigint NOT NULL, PRIMARY KEY (month, what))",
];
