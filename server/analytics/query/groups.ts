/** The groups of an answer while rollups are added to them. */
import type { Grouping } from "../../../shared/protocol/query.ts";
import type { Row } from "../../store/driver/driver.ts";
import type { Dimensions } from "./dimensions.ts";
import { dayOfRow, dimensionKey, isByTime, timeKeyOf } from "./group-key.ts";
import type { Rollup, Totals } from "./totals.ts";

export class Groups {
  readonly #by: Grouping;
  readonly #create: () => Totals;
  readonly #groups = new Map<string, Totals>();
  /** The groups of times or of dimensions: a year has far more rollups than either. */
  readonly #known = new Map<unknown, Totals>();

  /** `keys`: groups that exist without a rollup too. */
  constructor(by: Grouping, create: () => Totals, keys: readonly string[]) {
    this.#by = by;
    this.#create = create;
    for (const key of keys) this.#at(key);
  }

  add(row: Rollup, dimensions: Dimensions): void {
    this.#groupOf(row, dimensions).add(row, dimensions, dayOfRow(row));
  }

  [Symbol.iterator](): MapIterator<[string, Totals]> {
    return this.#groups[Symbol.iterator]();
  }

  #groupOf(row: Rollup, dimensions: Dimensions): Totals {
    const by = this.#by;
    if (by === "session") return this.#at(String((row as Row)["session"]));
    const isOfTime = isByTime(by) || by === "weekhour";
    const part = isOfTime ? `${row.grain} ${row.bucket}` : dimensions;
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const group = this.#at(isOfTime ? timeKeyOf(row, by) : dimensionKey(dimensions.row, by));
    this.#known.set(part, group);
    return group;
  }

  #at(key: string): Totals {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = this.#create();
    this.#groups.set(key, group);
    return group;
  }
}
