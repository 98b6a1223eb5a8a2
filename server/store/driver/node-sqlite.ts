/** The driver where better-sqlite3's binary cannot load (a C library older than 2.34, a rare processor): Node's own. */
import type { SQLInputValue } from "node:sqlite";
import type { Connection, OpenOptions, Row } from "./driver.ts";

/** SQLite's primary result codes (sqlite.org/rescode.html) that the store tells apart. */
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

/** An error with SQLite's own name of it, as the other driver gives it. */
class NodeSqliteError extends Error {
  override readonly name = "NodeSqliteError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

function named<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const number = typeof error === "object" && error !== null ? Reflect.get(error, "errcode") : undefined;
    if (!(error instanceof Error) || typeof number !== "number") throw error;
    // The low byte is the primary code.
    throw new NodeSqliteError(error.message, codes[number & 0xff] ?? `SQLITE_${number}`);
  }
}

/** `why`: why not the usual driver, for the status. */
export function openNodeSqlite(file: string, options: OpenOptions, why: string): Connection {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = named(() => new DatabaseSync(file, { timeout: options.busyTimeoutMs }));
  if (options.readOnly) database.exec("PRAGMA query_only = ON");
  const { sqlite: version } = process.versions;
  return {
    driver: `node:sqlite, SQLite ${version} (${why})`,
    exec: (sql) => named(() => database.exec(sql)),
    prepare: (sql) => {
      const statement = named(() => database.prepare(sql));
      const input = (values: readonly unknown[]) => values as SQLInputValue[];
      return {
        run: (...values) => named(() => Number(statement.run(...input(values)).changes)),
        get: (...values) => named(() => statement.get(...input(values)) as Row | undefined),
        all: (...values) => named(() => statement.all(...input(values)) as unknown as readonly Row[]),
        iterate: (...values) => named(() => statement.iterate(...input(values)) as IterableIterator<Row>),
      };
    },
    close: () => named(() => database.close()),
  };
}
