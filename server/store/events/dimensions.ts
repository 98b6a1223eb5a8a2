/** The table `dimensions`: one row per combination of dimension values, found by its key. */
import type { FieldName } from "../../../shared/schema/fields.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import { dimensionFields, toCell } from "../columns.ts";
import type { Connection, SqlValue, Statement } from "../driver/driver.ts";

/** Combinations whose IDs are cached; a day has some hundreds. */
const maxCached = 8_192;

export class DimensionTable {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #ids = new Map<string, number>();
  readonly #origin: number;

  /** `origin`: row of the table `origins`, or 0 for what this machine records itself. */
  constructor(connection: Connection, origin = 0) {
    this.#origin = origin;
    const columns = ["key", "origin", "event_type", "source", ...dimensionFields];
    this.#find = connection.prepare("SELECT id FROM dimensions WHERE key = ?");
    this.#insert = connection.prepare(
      `INSERT INTO dimensions (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) RETURNING id`,
    );
  }

  /** Returns the ID of the event's dimensions, within the transaction that writes the event. */
  idOf(event: Pick<CleanEvent, "type" | "source" | "payload">): number {
    const { type, source, payload } = event;
    // The firewall's field order is fixed, so equal events mostly share a cache key.
    let cacheKey = `${type} ${source}`;
    for (const name in payload) {
      const value = payload[name];
      if (typeof value !== "number") cacheKey += ` ${name} ${value}`;
    }
    const cached = this.#ids.get(cacheKey);
    if (cached !== undefined) return cached;
    const id = this.#id(type, source, (name) => toCell(payload[name]));
    if (this.#ids.size >= maxCached) this.#ids.clear();
    this.#ids.set(cacheKey, id);
    return id;
  }

  /** Called after an erasure, which may have removed rows. */
  clearCache(): void {
    this.#ids.clear();
  }

  #id(type: string, source: string, cellOf: (name: FieldName) => SqlValue): number {
    const cells = dimensionFields.map(cellOf);
    const values = dimensionFields.flatMap((name, n) => (cells[n] === null ? [] : [name, cells[n]]));
    const text = JSON.stringify([type, source, ...values]);
    const key = this.#origin === 0 ? text : `${this.#origin} ${text}`;
    const row = this.#find.get(key) ?? this.#insert.get(key, this.#origin, type, source, ...cells);
    return Number(row?.["id"]);
  }
}
