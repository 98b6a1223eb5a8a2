/** Runs a query of the user's: one statement that only reads, on the tables and the documented views. */
import type { Connection } from "../../store/driver/driver.ts";
import { checkSql, SqlError } from "./check-sql.ts";

export interface SqlRows {
  /** Unique: a repeated name has a number. */
  readonly columns: readonly string[];
  /** Values are as in SQLite; integers are of type bigint. */
  readonly rows: Iterable<readonly unknown[]>;
}

/** Faults of the statement, not of the database. */
const faults: ReadonlySet<unknown> = new Set([
  "SQLITE_ERROR",
  "SQLITE_TOOBIG",
  "SQLITE_MISMATCH",
  "SQLITE_RANGE",
  "SQLITE_NOMEM",
  "SQLITE_READONLY",
  "SQLITE_AUTH",
]);

/** The connection must be one for reading. @throws SqlError, SQLite's error. */
export function runSql(connection: Connection, text: string): SqlRows {
  const { columns, rows } = translated(() => connection.query(checkSql(text)));
  return { columns: unique(columns), rows: eachOf(rows) };
}

function* eachOf(rows: Iterable<readonly unknown[]>): Generator<readonly unknown[]> {
  const iterator = rows[Symbol.iterator]();
  try {
    for (;;) {
      const next = translated(() => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    iterator.return?.();
  }
}

/** @throws SqlError for a fault of the statement. */
function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SqlError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== undefined && !faults.has(code)) throw error;
    throw new SqlError(error instanceof Error ? error.message : "SQLite refused the statement.", { cause: error });
  }
}

function unique(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n += 1) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}
