/**
 * Retention: events live for so many days and so many bytes, the oldest go first, in steps that hold the lock shortly. What
 * they add up to stays in the rollups, and a session's row stays without its id.
 */
import { type Connection, immediately, type Row } from "./driver.ts";

/** Rows of one step: some milliseconds of lock. */
const rowsPerStep = 500;
/** Pages given back to the file system in one step. */
const pagesPerStep = 256;

/** Deletes some events from before `oldestMs`. Returns how many. */
export function expireByAge(connection: Connection, oldestMs: number): number {
  // Found without a lock: a reader blocks nobody.
  return remove(
    connection,
    connection.prepare("SELECT id, ts FROM events WHERE ts < ? LIMIT ?").all(oldestMs, rowsPerStep),
  );
}

/** Deletes some of the oldest events, whatever their age. Returns how many. */
export function expireOldest(connection: Connection): number {
  return remove(connection, connection.prepare("SELECT id, ts FROM events ORDER BY id LIMIT ?").all(rowsPerStep));
}

function remove(connection: Connection, rows: readonly Row[]): number {
  if (rows.length === 0) return 0;
  const newest = Math.max(...rows.map(({ ts }) => Number(ts)));
  immediately(connection, () => {
    const removal = connection.prepare("DELETE FROM events WHERE id = ?");
    for (const { id = null } of rows) removal.run(id);
    // What has expired does not come in again: it would be counted twice.
    connection.prepare("UPDATE state SET value = max(value, ?) WHERE name = 'floor_ts'").run(newest + 1);
    // Without its events a session is a number among others: its id goes with them.
    connection.exec(`
      DELETE FROM streams WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.stream = streams.id);
      UPDATE sessions SET session_id = 'expired-' || id
        WHERE session_id NOT LIKE 'expired-%' AND NOT EXISTS (SELECT 1 FROM streams t WHERE t.session = sessions.id);
    `);
  });
  return rows.length;
}

/** Gives free pages back to the file system, some at a time. Returns whether there are more. */
export function shrink(connection: Connection): boolean {
  const free = () => Number(connection.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0);
  if (free() === 0) return false;
  connection.exec(`PRAGMA incremental_vacuum(${pagesPerStep})`);
  return free() > 0;
}
