/** The default driver: better-sqlite3, whose Node-API binary works in both Node and Electron. */
import Database from "better-sqlite3";
import type { Connection, OpenOptions, Row, SqlValue } from "./driver.ts";

export function openBetterSqlite3(file: string, options: OpenOptions): Connection {
  const database = new Database(file, {
    fileMustExist: options.readOnly,
    timeout: options.busyTimeoutMs,
  });
  if (options.readOnly) database.pragma("query_only = ON");
  return connectionOf(database);
}

/** Opens a database of another program, or its bytes, in SQLite's read-only mode. */
export function openForeignBetterSqlite3(source: string | Buffer, busyTimeoutMs: number): Connection {
  const isFile = typeof source === "string";
  return connectionOf(new Database(source, isFile ? { readonly: true, timeout: busyTimeoutMs } : {}));
}

function connectionOf(database: Database.Database): Connection {
  const version = String(database.prepare("SELECT sqlite_version()").pluck().get());
  return {
    driver: `better-sqlite3, SQLite ${version}`,
    exec: (sql) => void database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare<SqlValue[], Row>(sql);
      return {
        run: (...values) => statement.run(...values).changes,
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
        iterate: (...values) => statement.iterate(...values),
      };
    },
    query: (sql) => {
      const statement = database.prepare<SqlValue[], SqlValue[]>(sql);
      if (!statement.reader || !statement.readonly) throw new Error("The statement does not only read.");
      return { columns: statement.columns().map(({ name }) => name), rows: statement.raw().safeIntegers().iterate() };
    },
    close: () => void database.close(),
  };
}
