/** How the embedded PostgreSQL is started. */
import { PGlite } from "@electric-sql/pglite";

/** PGlite's own parameters without `-F`, which turns fsync off; and the one way to sync that reaches `SyncedFiles`. */
export const startParams: string[] = [
  ...PGlite.defaultStartParams.filter((param) => param !== "-F"),
  "-c",
  "wal_sync_method=fsync",
];
