/** What must not come in again: what has expired, and what was erased. */
import type { CleanEvent } from "../privacy/clean.ts";
import type { Connection, Row, Statement } from "./driver.ts";

export class Barred {
  readonly #floor: Statement;
  readonly #list: Statement;
  #floorMs = 0;
  #erased: readonly Row[] = [];

  constructor(connection: Connection) {
    this.#floor = connection.prepare("SELECT value FROM state WHERE name = 'floor_ts'");
    this.#list = connection.prepare("SELECT * FROM erased");
  }

  /** Reads it anew: at the beginning of a transaction, the list only where something was erased meanwhile. */
  read(somethingErased: boolean): void {
    this.#floorMs = Number(this.#floor.get()?.["value"] ?? 0);
    if (somethingErased) this.#erased = this.#list.all();
  }

  has({ tsMs, source, payload }: CleanEvent): boolean {
    if (tsMs < this.#floorMs) return true;
    if (this.#erased.length === 0) return false;
    return this.#erased.some(({ by, value, from_ts: from, to_ts: to }) => {
      if (tsMs < Number(from) || tsMs >= Number(to)) return false;
      return by === "period" || value === (by === "source" ? source : payload["workspace_hash"]);
    });
  }
}
