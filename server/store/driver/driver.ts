/**
 * The subset of an SQLite library that the store needs. A process never uses two drivers: two
 * libraries on one file release each other's POSIX locks (architecture.md, "The lock trap").
 */
export type SqlValue = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  /** Returns the number of changed rows. */
  run(...values: readonly SqlValue[]): number;
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): readonly Row[];
  iterate(...values: readonly SqlValue[]): IterableIterator<Row>;
}

export interface Connection {
  /** Name and version of the library, for the status. */
  readonly driver: string;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Runs a statement that returns rows and changes nothing; integers are of type bigint. @throws the library's error, or an Error for another statement. */
  query(sql: string): { readonly columns: readonly string[]; readonly rows: Iterable<readonly unknown[]> };
  close(): void;
}

export interface OpenOptions {
  /**
   * Creates no database. Uses `query_only`, not SQLite's read-only mode, which in WAL mode creates
   * side files and never deletes them.
   */
  readonly readOnly: boolean;
  /** How long a statement waits for another process's lock. Set before any statement runs. */
  readonly busyTimeoutMs: number;
}

/** Caches one object per connection, such as its prepared statements. */
export function perConnection<T extends object>(create: (connection: Connection) => T): (connection: Connection) => T {
  const cache = new WeakMap<Connection, T>();
  return (connection) => {
    const cached = cache.get(connection);
    if (cached !== undefined) return cached;
    const created = create(connection);
    cache.set(connection, created);
    return created;
  };
}

const transactionOf = perConnection((connection) => ({
  begin: connection.prepare("BEGIN IMMEDIATE"),
  commit: connection.prepare("COMMIT"),
}));

/** Runs `work` in an immediate transaction, which cannot fail on the write lock later. */
export function immediately<T>(connection: Connection, work: () => T): T {
  const { begin, commit } = transactionOf(connection);
  begin.run();
  try {
    const result = work();
    commit.run();
    return result;
  } catch (error) {
    try {
      connection.exec("ROLLBACK");
    } catch {
      // After some errors, such as a full disk, SQLite has already rolled back.
    }
    throw error;
  }
}

/** Runs `work`, which only reads, on a consistent snapshot of the database. */
export function snapshot<T>(connection: Connection, work: () => T): T {
  connection.exec("BEGIN");
  try {
    return work();
  } finally {
    connection.exec("COMMIT");
  }
}
