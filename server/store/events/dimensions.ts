/** The table of combinations of words: each has one row, found by its key. */
import type { FieldName } from "../../../shared/schema/fields.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import { dimensionFields, toCell } from "../columns.ts";
import type { Connection, Row, SqlValue, Statement } from "../driver/driver.ts";

/** So many combinations are remembered with their ids; a day has some hundreds. */
const remembered = 8_192;

export class DimensionTable {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #ids = new Map<string, number>();
  /** In the order of the fields; an older table, which is just being carried over, has not all of them. */
  readonly #fields: readonly FieldName[];

  constructor(connection: Connection) {
    const there = new Set(
      connection
        .prepare("SELECT name FROM pragma_table_info('words')")
        .all()
        .map(({ name }) => name),
    );
    this.#fields = dimensionFields.filter((name) => there.has(name));
    const columns = ["key", "event_type", "source", ...this.#fields];
    this.#find = connection.prepare("SELECT id FROM words WHERE key = ?");
    this.#insert = connection.prepare(
      `INSERT INTO words (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) RETURNING id`,
    );
  }

  /** The id of what an event says in words, within the transaction that writes the event. */
  idOf(event: CleanEvent): number {
    const { type, source, payload } = event;
    // The firewall makes payloads of one type in one order, so that what is equal has mostly one spelling.
    let spelling = `${type} ${source}`;
    for (const name in payload) {
      const value = payload[name];
      if (typeof value !== "number") spelling += ` ${name} ${value}`;
    }
    const known = this.#ids.get(spelling);
    if (known !== undefined) return known;
    const id = this.#id(type, source, (name) => toCell(payload[name]));
    if (this.#ids.size >= remembered) this.#ids.clear();
    this.#ids.set(spelling, id);
    return id;
  }

  /** The same of a row of an older table. */
  idOfRow(row: Row): number {
    return this.#id(String(row["event_type"]), String(row["source"]), (name) => row[name] ?? null);
  }

  /** After something was erased: ids may be gone. */
  clearCache(): void {
    this.#ids.clear();
  }

  #id(type: string, source: string, cellOf: (name: FieldName) => SqlValue): number {
    const cells = this.#fields.map(cellOf);
    const values = this.#fields.flatMap((name, n) => (cells[n] === null ? [] : [name, cells[n]]));
    const key = JSON.stringify([type, source, ...values]);
    const row = this.#find.get(key) ?? this.#insert.get(key, type, source, ...cells);
    return Number(row?.["id"]);
  }
}
