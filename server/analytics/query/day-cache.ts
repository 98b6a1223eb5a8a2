/**
 * The daily rollups of closed days in memory, as columns: a process that answers many questions reads each day once. Up to
 * `maxBytes`; the newest days are kept. Everything is dropped when totals of a closed day change, as by an erasure.
 */
import { statSync } from "node:fs";
import type { Connection, Row } from "../../store/driver/driver.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { readNumber } from "../../store/state.ts";
import { type Dimensions, readDimensions } from "./dimensions.ts";

/** Estimated size of all cached days. */
const maxBytes = 16 * 1024 * 1024;
/** Bytes of the columns of a row, and of the object with its numbers. */
const bytesPerRow = 44;
const bytesPerNumbers = 400;

type Numbers = Readonly<Record<string, readonly number[]>>;

/** A rollup as a query adds it up. The names are those of the columns. */
export interface Cells {
  grain: number;
  bucket: number;
  dimensions: number;
  count: number;
  duration_count: number;
  duration_sum: number;
  duration_min: number;
  duration_max: number;
  duration_sketch: string | null;
  /** Sums by field: count, sum, min and max. */
  numbers: Numbers | null;
}

/** The rollups of a day, column by column. */
class Day {
  readonly bucket: number;
  readonly bytes: number;
  readonly #dimensions: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #durationCounts: Uint32Array;
  readonly #sums: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  /** All sketches in one text; each ends where the next begins. */
  readonly #sketches: string;
  readonly #ends: Uint32Array;
  readonly #numbers: ReadonlyMap<number, Numbers>;

  constructor(bucket: number, rows: readonly Row[]) {
    const column = (name: string) => rows.map((row) => Number(row[name]));
    this.bucket = bucket;
    this.#dimensions = Uint32Array.from(column("dimensions"));
    this.#counts = Uint32Array.from(column("count"));
    this.#durationCounts = Uint32Array.from(column("duration_count"));
    this.#sums = Float64Array.from(column("duration_sum"));
    this.#min = Float64Array.from(column("duration_min"));
    this.#max = Float64Array.from(column("duration_max"));
    let end = 0;
    const texts = rows.map((row) => String(row["duration_sketch"] ?? ""));
    this.#ends = Uint32Array.from(texts.map((text) => (end += text.length)));
    this.#sketches = texts.join("");
    this.#numbers = new Map(
      rows.flatMap((row, n): [number, Numbers][] =>
        typeof row["numbers"] === "string" ? [[n, JSON.parse(row["numbers"])]] : [],
      ),
    );
    this.bytes = rows.length * bytesPerRow + this.#sketches.length + this.#numbers.size * bytesPerNumbers;
  }

  /** Calls `use` with the rollups of some dimensions, always with the same object. */
  each(wanted: ReadonlyMap<number, Dimensions>, cells: Cells, use: (cells: Cells, of: Dimensions) => void): void {
    cells.grain = grains.day;
    cells.bucket = this.bucket;
    let start = 0;
    for (let n = 0; n < this.#dimensions.length; n += 1) {
      const end = this.#ends[n] ?? 0;
      const of = wanted.get(this.#dimensions[n] ?? 0);
      if (of !== undefined) {
        cells.dimensions = this.#dimensions[n] ?? 0;
        cells.count = this.#counts[n] ?? 0;
        cells.duration_count = this.#durationCounts[n] ?? 0;
        cells.duration_sum = this.#sums[n] ?? 0;
        cells.duration_min = this.#min[n] ?? 0;
        cells.duration_max = this.#max[n] ?? 0;
        cells.duration_sketch = end === start ? null : this.#sketches.slice(start, end);
        cells.numbers = this.#numbers.get(n) ?? null;
        use(cells, of);
      }
      start = end;
    }
  }
}

/** Identifies the file that a connection reads: a database that was deleted and created again is another one. */
function fileOf(connection: Connection): string {
  const file = String(connection.prepare("PRAGMA database_list").get()?.["file"]);
  const { dev, ino, birthtimeNs } = statSync(file, { bigint: true });
  return `${dev} ${ino} ${birthtimeNs}`;
}

export class DayCache {
  readonly #days = new Map<number, Day>();
  #bytes = 0;
  #generation = -1;
  #file: string | undefined;
  #dimensions: ReadonlyMap<number, Dimensions> = new Map();
  #lastDimension = -1;

  /** Size of the cached days, as estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Drops what has changed since the last query. Call it before a query. */
  refresh(connection: Connection): void {
    const generation = readNumber(connection, "rollup_generation");
    const last = Number(connection.prepare("SELECT max(id) last FROM dimensions").get()?.["last"] ?? 0);
    const file = fileOf(connection);
    const isSame = generation === this.#generation && file === this.#file;
    if (!isSame) this.drop();
    if (!isSame || last !== this.#lastDimension) this.#dimensions = readDimensions(connection, {});
    this.#file = file;
    this.#generation = generation;
    this.#lastDimension = last;
  }

  /** Forgets everything, as after an erasure. */
  drop(): void {
    this.#days.clear();
    this.#bytes = 0;
    this.#dimensions = new Map();
    this.#lastDimension = -1;
    this.#file = undefined;
  }

  /** The dimensions of everything that is counted. */
  get dimensions(): ReadonlyMap<number, Dimensions> {
    return this.#dimensions;
  }

  /** Calls `use` with the rollups of some dimensions from one closed day to another (exclusive). */
  each(
    connection: Connection,
    from: number,
    to: number,
    wanted: ReadonlyMap<number, Dimensions>,
    use: (cells: Cells, of: Dimensions) => void,
  ): void {
    const cells: Cells = { ...noCells };
    // The newest first: they are the ones to keep.
    for (let end = to; end > from; ) {
      const known = this.#days.get(end - 1);
      if (known !== undefined) {
        known.each(wanted, cells, use);
        end -= 1;
        continue;
      }
      let start = end - 1;
      while (start > from && !this.#days.has(start - 1)) start -= 1;
      for (const day of this.#read(connection, start, end)) day.each(wanted, cells, use);
      end = start;
    }
  }

  /** Reads days that are not cached, and keeps as many as there is room for. */
  #read(connection: Connection, from: number, to: number): readonly Day[] {
    const rows = connection
      .prepare(
        `SELECT bucket, dimensions, count, duration_count, duration_sum, duration_min, duration_max, duration_sketch, numbers
         FROM metrics WHERE grain = ${grains.day} AND bucket >= ? AND bucket < ?`,
      )
      .iterate(from, to);
    const byDay = new Map<number, Row[]>(Array.from({ length: to - from }, (_, n) => [from + n, []]));
    for (const row of rows)
      if (this.#dimensions.has(Number(row["dimensions"]))) byDay.get(Number(row["bucket"]))?.push(row);
    const days = [...byDay].map(([bucket, own]) => new Day(bucket, own)).reverse();
    for (const day of days) {
      if (this.#bytes + day.bytes > maxBytes) break;
      this.#days.set(day.bucket, day);
      this.#bytes += day.bytes;
    }
    return days;
  }
}

/** A rollup of nothing. */
export const noCells: Cells = {
  grain: grains.day,
  bucket: 0,
  dimensions: 0,
  count: 0,
  duration_count: 0,
  duration_sum: 0,
  duration_min: 0,
  duration_max: 0,
  duration_sketch: null,
  numbers: null,
};
