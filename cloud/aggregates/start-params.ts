/** The start parameters of the embedded PostgreSQL. */
import { PGlite } from "@electric-sql/pglite";

/**
 * PGlite's defaults without `-F`, which disables fsync, and with the only sync method that reaches
 * `SyncedFiles`.
 */
export const startParams: string[] = [
  ...PGlite.defaultStartParams.filter((param) => param !== "-F"),
  "-c",
  "wal_sync_method=fsync",
];
