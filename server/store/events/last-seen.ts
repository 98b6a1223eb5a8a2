/** When each source last reported an event. */
import type { Connection } from "../driver/driver.ts";

/** Returns milliseconds since 1970 by source. @throws SQLite's error. */
export function lastSeenBySource(connection: Connection): ReadonlyMap<string, number> {
  const rows = connection
    .prepare(
      "SELECT t.source, max(s.ended_at) last FROM streams t JOIN sessions s ON s.id = t.session GROUP BY t.source",
    )
    .all();
  return new Map(rows.map(({ source, last }) => [String(source), Number(last)]));
}
