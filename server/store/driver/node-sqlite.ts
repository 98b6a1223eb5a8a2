/** Fallback driver for systems without a better-sqlite3 binary: glibc before 2.34, rare CPUs. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Connection, OpenOptions, Row } from "./driver.ts";

/** SQLite's primary result codes (sqlite.org/rescode.html) that the store distinguishes. */
const codes: Readonly<Record<number, string>> = {
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  23: "SQLITE_AUTH",
  26: "SQLITE_NOTADB",
};

/** An error with SQLite's symbolic code, as better-sqlite3 provides it. */
class NodeSqliteError extends Error {
  override readonly name = "NodeSqliteError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

function withSqliteCode<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const number = typeof error === "object" && error !== null ? Reflect.get(error, "errcode") : undefined;
    if (!(error instanceof Error) || typeof number !== "number") throw error;
    // The low byte is the primary code.
    throw new NodeSqliteError(error.message, codes[number & 0xff] ?? `SQLITE_${number}`);
  }
}

/** `reason`: why this driver is used, for the status. */
export function openNodeSqlite(file: string, options: OpenOptions, reason: string): Connection {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = withSqliteCode(() => new DatabaseSync(file, { timeout: options.busyTimeoutMs }));
  if (options.readOnly) database.exec("PRAGMA query_only = ON");
  return connectionOf(database, reason);
}

/**
 * Opens a database of another program in SQLite's read-only mode. `isOpen`: whether that program has it open; else it is taken for
 * one that does not change, so that no file is created beside it (sqlite.org/c3ref/open.html, `immutable`).
 */
export function openForeignNodeSqlite(file: string, isOpen: boolean, timeout: number, reason: string): Connection {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const source = isOpen ? file : new URL("?immutable=1", pathToFileURL(file));
  return connectionOf(
    withSqliteCode(() => new DatabaseSync(source, { readOnly: true, timeout })),
    reason,
  );
}

function connectionOf(database: DatabaseSync, reason: string): Connection {
  const { sqlite: version } = process.versions;
  return {
    driver: `node:sqlite, SQLite ${version} (${reason})`,
    exec: (sql) => withSqliteCode(() => database.exec(sql)),
    prepare: (sql) => {
      const statement = withSqliteCode(() => database.prepare(sql));
      const input = (values: readonly unknown[]) => values as SQLInputValue[];
      return {
        run: (...values) => withSqliteCode(() => Number(statement.run(...input(values)).changes)),
        get: (...values) => withSqliteCode(() => statement.get(...input(values)) as Row | undefined),
        all: (...values) => withSqliteCode(() => statement.all(...input(values)) as unknown as readonly Row[]),
        iterate: (...values) => withSqliteCode(() => statement.iterate(...input(values)) as IterableIterator<Row>),
      };
    },
    query: (sql) => {
      const statement = withSqliteCode(() => database.prepare(sql));
      const columns = statement.columns().map(({ name }) => name);
      if (columns.length === 0) throw new Error("The statement does not only read.");
      statement.setReturnArrays(true);
      statement.setReadBigInts(true);
      return { columns, rows: withSqliteCode(() => statement.iterate() as unknown as Iterable<readonly unknown[]>) };
    },
    close: () => withSqliteCode(() => database.close()),
  };
}
