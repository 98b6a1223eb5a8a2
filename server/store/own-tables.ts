/** Whose tables a database has. */
import type { Connection } from "./driver/driver.ts";
import { openWithDriver } from "./driver/select-driver.ts";
import { migrate } from "./migrations/migrate.ts";

/** Returns whether each table and view is one that the product creates. */
export function hasOnlyOwnTables(connection: Connection): boolean {
  const fresh = openWithDriver(":memory:", { readOnly: false, busyTimeoutMs: 0 });
  try {
    migrate(fresh);
    const own = new Set(tablesOf(fresh));
    return tablesOf(connection).every((name) => own.has(name));
  } finally {
    fresh.close();
  }
}

const tablesOf = (connection: Connection): readonly string[] =>
  connection
    .prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    .all()
    .map(({ name }) => String(name));
