/**
 * Reads an SQLite database of another program and changes nothing, neither in it nor beside it. While that program has it open (there
 * is a write-ahead log), it is read through a read-only connection, in short statements; else its bytes are read into memory.
 */
import { fstatSync, statSync } from "node:fs";
import type { Connection, Row, SqlValue } from "../store/driver/driver.ts";
import { openForeign } from "../store/driver/select-driver.ts";
import { wholeOf, withFile } from "./lines.ts";

/** Larger databases are read only while their program has them open. */
export const maxDatabaseBytes = 512 * 1024 * 1024;
/** Rows of a table that a statement looks at. */
const rowsPerStatement = 1_000;
/** Longer texts are no names, times or IDs. */
const nameLength = 128;

export interface TableRequest {
  readonly table: string;
  /** Columns that the table must have. */
  readonly columns: readonly string[];
  /** Name → expression of SQL. */
  readonly values: Readonly<Record<string, string>>;
  /** A condition, and what is joined; the table has its own name. */
  readonly where?: string;
  readonly join?: string;
  /** Of texts; without it that of a name. Longer ones are `null`. */
  readonly maxTextLength?: number;
}

/** Values by name; a text that is too long is `null`. */
export type ForeignRow = Row;

export class ForeignDatabase {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Opens a file for the time of a call. @throws Error: why it cannot be read. */
  static read<T>(file: string, use: (database: ForeignDatabase) => T): T {
    const connection = openForeign(file, bytesUnlessOpen(file));
    try {
      return use(new ForeignDatabase(connection));
    } finally {
      connection.close();
    }
  }

  has(table: string): boolean {
    return this.#columns(table).size > 0;
  }

  /** Returns the rows of a table. @throws Error if it has another form. */
  *rows({
    table,
    columns,
    values,
    where,
    join = "",
    maxTextLength = nameLength,
  }: TableRequest): IterableIterator<ForeignRow> {
    const found = this.#columns(table);
    const missing = columns.find((name) => !found.has(name));
    if (missing !== undefined) throw new Error(`this version is not known: ${table} has no ${missing}`);
    const named = Object.entries(values).map(([name, expression]) => `${expression} AS "${name}"`);
    const page = `SELECT max(at) AS at FROM (SELECT rowid AS at FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${rowsPerStatement})`;
    const condition = where === undefined ? "" : ` AND (${where})`;
    const select = `SELECT ${named.join(", ")} FROM ${table}${join} WHERE ${table}.rowid > ? AND ${table}.rowid <= ?${condition}`;
    const [pages, rows] = [this.#connection.prepare(page), this.#connection.prepare(select)];
    for (let after: SqlValue = Number.MIN_SAFE_INTEGER; ; ) {
      const upTo: SqlValue = pages.get(after)?.["at"] ?? null;
      if (upTo === null) return;
      // All at once: no statement stays open while its rows are used.
      for (const row of rows.all(after, upTo)) yield short(row, maxTextLength);
      after = upTo;
    }
  }

  #columns(table: string): ReadonlySet<unknown> {
    return new Set(
      this.#connection
        .prepare("SELECT name FROM pragma_table_info(?)")
        .all(table)
        .map(({ name }) => name),
    );
  }
}

const short = (row: Row, maxTextLength: number): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "string" && value.length > maxTextLength ? null : value,
    ]),
  );

/** A text of a row; "" if there is none. */
export function textOf(row: ForeignRow, name: string): string {
  const value = row[name];
  return typeof value === "string" ? value : "";
}

/** A whole number of a row that is not negative; else 0. */
export function countOf(row: ForeignRow, name: string): number {
  const value = row[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** Returns the bytes of a database that no program has open; `null` while one has. @throws Error: why it cannot be read. */
const bytesUnlessOpen = (file: string): Buffer | null =>
  withFile(file, (handle) => {
    if (sizeOf(`${file}-journal`) > 0) throw new Error("is being written; try it later");
    if (sizeOf(`${file}-wal`) > 0) {
      // To read without it, SQLite would create it.
      if (sizeOf(`${file}-shm`) === 0) throw new Error("has changes of a crash: open and close its program once");
      return null;
    }
    if (fstatSync(handle).size > maxDatabaseBytes) throw new Error("larger than 512 MB, and not in use");
    const bytes = wholeOf(handle);
    if (bytes.toString("latin1", 0, 15) !== "SQLite format 3") throw new Error("not a database");
    for (const at of journalVersions) bytes[at] = 1;
    return bytes;
  });

/** Bytes 18 and 19 of the header say whether there is a write-ahead log (sqlite.org/fileformat2.html, section 1.3.3). */
const journalVersions = [18, 19];

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
