/**
 * The small part of an SQLite library that the store needs. One driver at a time lives in a process: two SQLite
 * libraries on one file would undo each other's POSIX locks (`docs/internals/architecture.md`, "The lock trap").
 */
export type SqlValue = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  /** Runs it and returns how many rows changed. */
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
  close(): void;
}

export interface OpenOptions {
  /**
   * Reads what is there and creates no database. Not SQLite's own read-only mode: in WAL mode that one makes side files
   * and leaves them behind, while a connection that only refuses to write tidies up when it closes.
   */
  readonly readOnly: boolean;
  /** How long a statement waits for another process's lock. Set before any other statement runs. */
  readonly busyTimeoutMs: number;
}

/** Something that is made once for each connection, such as its statements. */
export function perConnection<T extends object>(create: (connection: Connection) => T): (connection: Connection) => T {
  const known = new WeakMap<Connection, T>();
  return (connection) => {
    const before = known.get(connection);
    if (before !== undefined) return before;
    const created = create(connection);
    known.set(connection, created);
    return created;
  };
}

const boundsOf = perConnection((connection) => ({
  begin: connection.prepare("BEGIN IMMEDIATE"),
  commit: connection.prepare("COMMIT"),
}));

/** Runs `work` in one immediate transaction: the write lock is taken first, so that it is never refused midway. */
export function immediately<T>(connection: Connection, work: () => T): T {
  const { begin, commit } = boundsOf(connection);
  begin.run();
  try {
    const result = work();
    commit.run();
    return result;
  } catch (error) {
    try {
      connection.exec("ROLLBACK");
    } catch {
      // After some errors (a full disk, for one) SQLite has rolled back already. The first error is the one to tell.
    }
    throw error;
  }
}

/** Runs `work`, which only reads, on one state of the database. */
export function snapshot<T>(connection: Connection, work: () => T): T {
  connection.exec("BEGIN");
  try {
    return work();
  } finally {
    connection.exec("COMMIT");
  }
}
