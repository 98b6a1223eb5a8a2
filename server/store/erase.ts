/** Deletes everything that was recorded. The tables stay; what was in them is overwritten and the files shrink. */
import { type Connection, immediately } from "./driver.ts";
import { totals } from "./events.ts";

export interface Erased {
  readonly events: number;
  readonly sessions: number;
}

export function eraseAll(connection: Connection): Erased {
  const erased = immediately(connection, () => {
    const { events, sessions } = totals(connection);
    connection.exec(`
      DELETE FROM events; DELETE FROM metrics; DELETE FROM streams; DELETE FROM sessions; DELETE FROM words;
      UPDATE state SET value = 0 WHERE name = 'closed_day';
      UPDATE state SET value = value + 1 WHERE name = 'erasures';
    `);
    return { events, sessions };
  });
  // Free pages go back to the file system, then the log is emptied: until then it still holds what was deleted.
  connection.exec("PRAGMA incremental_vacuum");
  const checkpoint = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (checkpoint?.["busy"] !== 0) throw new BusyReaderError("another process is reading");
  return erased;
}

/** Rows are gone, but another process is reading, so that the log still holds them. To be tried again. */
export class BusyReaderError extends Error {
  override readonly name = "BusyReaderError";
  readonly code = "SQLITE_BUSY";
}
