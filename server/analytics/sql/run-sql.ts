/** Runs a query of the user's: one statement that only reads, on the tables and the documented views. */
import type { Connection, SqlValue } from "../../store/driver/driver.ts";
import { checkSql, SqlError } from "./check-sql.ts";

export interface SqlRows {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly SqlValue[]>;
}

/** The connection must be one for reading. @throws SqlError */
export function runSql(connection: Connection, text: string): SqlRows {
  const sql = checkSql(text);
  try {
    return connection.query(sql);
  } catch (error) {
    throw new SqlError(error instanceof Error ? error.message : "SQLite refused the statement.", { cause: error });
  }
}
