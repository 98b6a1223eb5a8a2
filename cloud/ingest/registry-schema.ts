/**
 * The registry's tables. They never contain a pseudonym: its digest is the key, its secret is
 * encrypted under it.
 */
import type { Step } from "../aggregates/migrate.ts";

/** Steps of the schema `registry`; a step that has shipped never changes. */
export const registrySteps: readonly Step[] = [
  [
    `CREATE TABLE IF NOT EXISTS installations (
     digest text PRIMARY KEY,
     sealed_secret text,
     sealed_previous text,
     rotations integer NOT NULL DEFAULT 0,
     enrolled_ms bigint NOT NULL,
     active_days integer NOT NULL DEFAULT 0,
     active_day date,
     requested_ms bigint,
     found_hours jsonb,
     found_events bigint,
     erased_ms bigint,
     not_applied jsonb)`,
    // For pending erasures at start and for expiry, without a full scan.
    "CREATE INDEX IF NOT EXISTS erasures_waiting ON installations (digest) WHERE requested_ms IS NOT NULL AND erased_ms IS NULL",
    `CREATE INDEX IF NOT EXISTS never_active ON installations (enrolled_ms)
     WHERE active_day IS NULL AND requested_ms IS NULL`,
    "CREATE TABLE IF NOT EXISTS receipt_keys (n integer PRIMARY KEY, id text NOT NULL UNIQUE, pkcs8 text NOT NULL)",
  ],
];
