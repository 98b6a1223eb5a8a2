/** The table of combinations of words: each has one row, found by its key. */
import type { CleanEvent } from "../privacy/clean.ts";
import { toCell, wordFields } from "./columns.ts";
import type { Connection, Row, Statement, Value } from "./driver.ts";

/** So many combinations are remembered with their ids; a day has some hundreds. */
const remembered = 8_192;

export class WordTable {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #ids = new Map<string, number>();

  constructor(connection: Connection) {
    const columns = ["key", "event_type", "source", ...wordFields];
    this.#find = connection.prepare("SELECT id FROM words WHERE key = ?");
    this.#insert = connection.prepare(
      `INSERT INTO words (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) RETURNING id`,
    );
  }

  /** The id of what an event says in words, within the transaction that writes the event. */
  idOf({ type, source, payload }: CleanEvent): number {
    let key = `["${type}","${source}"`;
    for (const name of wordFields) {
      const value = payload[name];
      if (value !== undefined) key += `,"${name}",${JSON.stringify(value)}`;
    }
    return this.#id(`${key}]`, type, source, (name) => toCell(payload[name]));
  }

  /** The same of a row of an older table. */
  idOfRow(row: Row): number {
    const type = String(row["event_type"]);
    const source = String(row["source"]);
    let key = `["${type}","${source}"`;
    for (const name of wordFields) {
      const value = row[name] ?? null;
      if (value !== null) key += `,"${name}",${JSON.stringify(value)}`;
    }
    return this.#id(`${key}]`, type, source, (name) => row[name] ?? null);
  }

  /** After something was erased: ids may be gone. */
  forget(): void {
    this.#ids.clear();
  }

  #id(key: string, type: string, source: string, cellOf: (name: (typeof wordFields)[number]) => Value): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(key) ?? this.#insert.get(key, type, source, ...wordFields.map(cellOf));
    const id = Number(row?.["id"]);
    if (this.#ids.size >= remembered) this.#ids.clear();
    this.#ids.set(key, id);
    return id;
  }
}
