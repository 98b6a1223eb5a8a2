/**
 * Rollups: count, durations and measures per combination of dimensions and local hour. Each write
 * appends its totals to `recent_metrics` in the same transaction; they are merged into `metrics` in
 * bulk, because updating a row costs more than appending one. The view `rollups` contains both. A
 * day is summed from its hours once it is over, a month from its days; late events update all.
 */
import { parseMeasures } from "../columns.ts";
import type { Connection, Row, SqlValue, Statement } from "../driver/driver.ts";
import { dayOfHour, firstDayOfMonth, localHour, monthOfDay } from "./local-time.ts";
import { binOf, Sketch } from "./sketch.ts";

export const grains = { hour: 0, day: 1, month: 2 } as const;

type Summary = [count: number, sum: number, min: number, max: number];

/** Totals of one combination of dimensions in one bucket. */
class Totals {
  count = 0;
  durations: Summary | undefined;
  /** The durations in the format of a stored sketch. */
  bins = "";
  numbers: Record<string, Summary> | undefined;

  add(durationMs: number | undefined, numbers: Readonly<Record<string, number>> | undefined): void {
    this.count += 1;
    if (durationMs !== undefined) {
      this.durations = merged(this.durations, [1, durationMs, durationMs, durationMs]);
      this.#addBins(String(binOf(durationMs)));
    }
    if (numbers === undefined) return;
    for (const [name, value] of Object.entries(numbers)) this.#merge(name, [1, value, value, value]);
  }

  /** Adds a time that contains waiting: it counts for quantiles and adds nothing to the sum. */
  addElapsed(elapsedMs: number): void {
    this.count += 1;
    this.durations = merged(this.durations, [1, 0, elapsedMs, elapsedMs]);
    this.#addBins(String(binOf(elapsedMs)));
  }

  /** Takes an event out. The least and largest numbers stay, because others may have them too. */
  take({ numbers, elapsedMs }: TakenEvent): void {
    this.count -= 1;
    for (const [name, value] of Object.entries(numbers)) this.#merge(name, [-1, -value, value, value]);
    if (elapsedMs === undefined || this.durations === undefined) return;
    const [count, sum, min, max] = this.durations;
    this.durations = count === 1 ? undefined : [count - 1, sum, min, max];
    const sketch = new Sketch();
    sketch.addText(this.bins);
    sketch.addText(String(binOf(elapsedMs)), -1);
    this.bins = String(sketch);
  }

  /** Adds a stored row. */
  addRow(row: Row): void {
    this.count += Number(row["count"]);
    const { duration_count: durationCount, duration_sum: sum, duration_min: min, duration_max: max } = row;
    if (Number(durationCount) > 0) {
      this.durations = merged(this.durations, [Number(durationCount), Number(sum), Number(min), Number(max)]);
      this.#addBins(String(row["duration_sketch"]));
    }
    if (typeof row["numbers"] !== "string") return;
    for (const [name, summary] of Object.entries(JSON.parse(row["numbers"]) as Record<string, Summary>)) {
      this.#merge(name, summary);
    }
  }

  addTotals({ count, durations, bins, numbers }: Totals): void {
    this.count += count;
    if (durations !== undefined) {
      this.durations = merged(this.durations, durations);
      this.#addBins(bins);
    }
    for (const [name, summary] of Object.entries(numbers ?? {})) this.#merge(name, summary);
  }

  /** Rewrites the sketch so that each bin occurs once. */
  compact(): void {
    const sketch = new Sketch();
    if (this.bins !== "") sketch.addText(this.bins);
    this.bins = String(sketch);
  }

  #addBins(bins: string): void {
    this.bins = this.bins === "" ? bins : `${this.bins},${bins}`;
  }

  #merge(name: string, summary: Summary): void {
    this.numbers ??= {};
    this.numbers[name] = merged(this.numbers[name], summary);
  }
}

function merged(a: Summary | undefined, b: Summary): Summary {
  if (a === undefined) return b;
  // Rounded to a millionth, so that the sum does not depend on the order of addition.
  const sum = Math.round((a[1] + b[1]) * 1_000_000) / 1_000_000;
  return [a[0] + b[0], sum, Math.min(a[2], b[2]), Math.max(a[3], b[3])];
}

/** What an event added to totals: numbers, and a time that contains waiting. */
export interface TakenEvent {
  readonly hour: number;
  readonly dimensions: number;
  readonly numbers: Readonly<Record<string, number>>;
  readonly elapsedMs?: number;
}

interface HourTotals {
  readonly hour: number;
  readonly dimensions: number;
  readonly totals: Totals;
}

/** Totals of one transaction, by hour and dimensions. */
export class HourlyTotals {
  readonly #totals = new Map<number, HourTotals>();

  add(
    hour: number,
    dimensions: number,
    durationMs: number | undefined,
    numbers: Readonly<Record<string, number>> | undefined,
  ): void {
    this.#at(hour, dimensions).add(durationMs, numbers);
  }

  addElapsed(hour: number, dimensions: number, elapsedMs: number): void {
    this.#at(hour, dimensions).addElapsed(elapsedMs);
  }

  /** Adds a stored row of the grain hour. */
  addRow(row: Row): void {
    this.#at(Number(row["bucket"]), Number(row["dimensions"])).addRow(row);
  }

  #at(hour: number, dimensions: number): Totals {
    // Local hours have at most six digits until 2084, so both values fit into one integer.
    const key = dimensions * 1_000_000 + hour;
    let entry = this.#totals.get(key);
    if (entry === undefined) {
      entry = { hour, dimensions, totals: new Totals() };
      this.#totals.set(key, entry);
    }
    return entry.totals;
  }

  [Symbol.iterator]() {
    return this.#totals.values();
  }
}

const measures = "count, duration_count, duration_sum, duration_min, duration_max, duration_sketch, numbers";
const columns = `grain, bucket, dimensions, ${measures}`;

/** Returns the cells of the columns in `measures`. */
export function cellsOf({ count, durations, bins, numbers }: Totals): readonly SqlValue[] {
  const [durationCount = 0, sum = 0, min = null, max = null] = durations ?? [];
  const numbersText = numbers === undefined ? null : JSON.stringify(Object.fromEntries(Object.entries(numbers).sort()));
  return [count, durationCount, sum, min, max, durationCount === 0 ? null : bins, numbersText];
}

/** A longer sketch is compacted; compact ones are usually less than half as long. */
const maxSketchChars = 2_048;

/** Access to the table `metrics`, with prepared statements. */
export class RollupTable {
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #grow: Statement;
  readonly #delete: Statement;
  readonly #closedDay: Statement;

  constructor(connection: Connection) {
    this.#find = connection.prepare("SELECT * FROM metrics WHERE grain = ? AND bucket = ? AND dimensions = ?");
    this.#put = connection.prepare(`INSERT OR REPLACE INTO metrics (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    // Adds to an existing row without reading it.
    this.#grow = connection.prepare(
      `INSERT INTO metrics (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count,
         duration_count = duration_count + excluded.duration_count,
         duration_sum = duration_sum + excluded.duration_sum,
         duration_min = min(ifnull(duration_min, excluded.duration_min), ifnull(excluded.duration_min, duration_min)),
         duration_max = max(ifnull(duration_max, excluded.duration_max), ifnull(excluded.duration_max, duration_max)),
         duration_sketch = CASE WHEN duration_sketch IS NULL THEN excluded.duration_sketch
           WHEN excluded.duration_sketch IS NULL THEN duration_sketch
           ELSE duration_sketch || ',' || excluded.duration_sketch END
       RETURNING length(duration_sketch) AS length`,
    );
    this.#delete = connection.prepare("DELETE FROM metrics WHERE grain = ? AND bucket = ? AND dimensions = ?");
    this.#closedDay = connection.prepare("SELECT value FROM state WHERE name = 'closed_day'");
  }

  /** Returns the first day that is not rolled up yet. */
  closedDay(): number {
    return Number(this.#closedDay.get()?.["value"] ?? 0);
  }

  /** Adds totals to their hour, and to its day and month if those are already rolled up. */
  add({ hour, dimensions, totals }: HourTotals, closedDay: number): void {
    this.#add(grains.hour, hour, dimensions, totals);
    const day = dayOfHour(hour);
    if (day >= closedDay) return;
    this.#add(grains.day, day, dimensions, totals);
    if (isClosed(monthOfDay(day), closedDay)) this.#add(grains.month, monthOfDay(day), dimensions, totals);
  }

  /** Takes an event out of its hour, and of its day and month if those are rolled up. Returns whether the hour has totals. */
  take(event: TakenEvent, closedDay: number): boolean {
    const { hour, dimensions } = event;
    const day = dayOfHour(hour);
    if (!this.#take(grains.hour, hour, dimensions, event)) return false;
    if (day < closedDay) this.#take(grains.day, day, dimensions, event);
    if (isClosed(monthOfDay(day), closedDay)) this.#take(grains.month, monthOfDay(day), dimensions, event);
    return true;
  }

  #take(grain: number, bucket: number, dimensions: number, event: TakenEvent): boolean {
    const row = this.#find.get(grain, bucket, dimensions);
    if (row === undefined) return false;
    const totals = new Totals();
    totals.addRow(row);
    totals.take(event);
    if (totals.count > 0) this.put(grain, bucket, dimensions, totals);
    else this.#delete.run(grain, bucket, dimensions);
    return true;
  }

  put(grain: number, bucket: number, dimensions: number, totals: Totals): void {
    this.#put.run(grain, bucket, dimensions, ...cellsOf(totals));
  }

  #compact(grain: number, bucket: number, dimensions: number): void {
    const row = this.#find.get(grain, bucket, dimensions);
    if (row === undefined) return;
    const totals = new Totals();
    totals.addRow(row);
    totals.compact();
    this.put(grain, bucket, dimensions, totals);
  }

  #add(grain: number, bucket: number, dimensions: number, totals: Totals): void {
    if (totals.numbers === undefined) {
      const grown = this.#grow.get(grain, bucket, dimensions, ...cellsOf(totals));
      // In a busy hour, an ever-growing sketch would dominate the size of each write.
      if (Number(grown?.["length"]) > maxSketchChars) this.#compact(grain, bucket, dimensions);
      return;
    }
    const sum = new Totals();
    const row = this.#find.get(grain, bucket, dimensions);
    if (row !== undefined) sum.addRow(row);
    sum.addTotals(totals);
    this.put(grain, bucket, dimensions, sum);
  }
}

/** Reports read this many rows in less than 1 ms. */
const maxRecentRows = 512;

/** Access to the table `recent_metrics`: totals that are not merged into `metrics` yet. */
export class RecentRollups {
  readonly #connection: Connection;
  readonly #metrics: RollupTable;
  readonly #append: Statement;
  readonly #last: Statement;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#metrics = new RollupTable(connection);
    this.#append = connection.prepare(
      `INSERT INTO recent_metrics (bucket, dimensions, ${measures}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    // Rows are only deleted all at once, so the last ID is their number.
    this.#last = connection.prepare("SELECT max(id) last FROM recent_metrics");
  }

  append(totals: HourlyTotals): void {
    const closedDay = this.#metrics.closedDay();
    for (const entry of totals) {
      const { hour, dimensions } = entry;
      // Recent rows must belong to days that are not rolled up yet and have only hours.
      if (dayOfHour(hour) < closedDay) this.#metrics.add(entry, closedDay);
      else this.#append.run(hour, dimensions, ...cellsOf(entry.totals));
    }
    if (Number(this.#last.get()?.["last"] ?? 0) >= maxRecentRows) this.flush();
  }

  /** Merges recent rows into `metrics`. Call it in a transaction, before using `metrics`. */
  flush(): void {
    const totals = new HourlyTotals();
    for (const row of this.#connection.prepare("SELECT * FROM recent_metrics").all()) totals.addRow(row);
    for (const entry of totals) this.#metrics.add(entry, 0);
    this.#connection.exec("DELETE FROM recent_metrics");
  }
}

/** Returns whether all days of a month are rolled up. */
export function isClosed(month: number, closedDay: number): boolean {
  return firstDayOfMonth(month + 1) <= closedDay;
}

/**
 * Sums rows of one grain, `from` to `to` (exclusive), into a bucket of the next; compacts both. `only`: rows of these dimensions.
 */
function sumUp(
  connection: Connection,
  table: RollupTable,
  grain: number,
  from: number,
  to: number,
  bucket: number,
  only?: ReadonlySet<number>,
): void {
  const sums = new Map<number, Totals>();
  const rows = connection.prepare("SELECT * FROM metrics WHERE grain = ? AND bucket >= ? AND bucket < ?");
  for (const row of rows.all(grain, from, to)) {
    const dimensions = Number(row["dimensions"]);
    if (only?.has(dimensions) === false) continue;
    const sum = sums.get(dimensions) ?? new Totals();
    sum.addRow(row);
    sums.set(dimensions, sum);
    const compacted = new Totals();
    compacted.addRow(row);
    compacted.compact();
    if (compacted.durations !== undefined && compacted.bins !== row["duration_sketch"]) {
      table.put(grain, Number(row["bucket"]), dimensions, compacted);
    }
  }
  for (const [dimensions, sum] of sums) {
    sum.compact();
    table.put(grain + 1, bucket, dimensions, sum);
  }
}

/**
 * Deletes whole days of totals of the dimensions that `where` selects, and recomputes only the months that contain them: every
 * other row stays as it is. Call it in a transaction, after `flush`.
 */
export function eraseDays(
  connection: Connection,
  { fromDay, toDay }: { readonly fromDay: number; readonly toDay: number },
  where: string,
  values: readonly SqlValue[],
): void {
  const selected = connection.prepare(`SELECT d.id FROM dimensions d WHERE ${where}`).all(...values);
  const dimensions = new Set(selected.map(({ id }) => Number(id)));
  const isIn = `dimensions IN (SELECT d.id FROM dimensions d WHERE ${where})`;
  const remove = (grain: number, from: number, to: number) =>
    connection
      .prepare(`DELETE FROM metrics WHERE grain = ? AND bucket >= ? AND bucket < ? AND ${isIn}`)
      .run(grain, from, to, ...values);
  remove(grains.hour, fromDay * 24, toDay * 24);
  remove(grains.day, fromDay, toDay);
  const table = new RollupTable(connection);
  const closed = table.closedDay();
  for (let month = monthOfDay(fromDay); month <= monthOfDay(toDay - 1) && isClosed(month, closed); month += 1) {
    remove(grains.month, month, month + 1);
    sumUp(connection, table, grains.day, firstDayOfMonth(month), firstDayOfMonth(month + 1), month, dimensions);
  }
}

/**
 * Rolls up days before `today`, and the months that they complete; at most `maxDays` days. Returns
 * whether there is more to do. Call it in a transaction.
 */
export function rollUpDays(connection: Connection, today: number, maxDays = 31): boolean {
  new RecentRollups(connection).flush();
  const table = new RollupTable(connection);
  const closed = table.closedDay();
  const open = connection
    .prepare("SELECT min(bucket) hour FROM metrics WHERE grain = 0 AND bucket >= ?")
    .get(closed * 24)?.["hour"];
  // Skip days without events.
  const first =
    open === null || open === undefined ? today : Math.min(today, Math.max(closed, dayOfHour(Number(open))));
  const end = Math.min(today, first + maxDays);
  for (let day = first; day < end; day += 1) sumUp(connection, table, grains.hour, day * 24, (day + 1) * 24, day);
  if (end > closed) {
    connection.prepare("UPDATE state SET value = ? WHERE name = 'closed_day'").run(end);
    for (let month = monthOfDay(closed); month < monthOfDay(end); month += 1) {
      sumUp(connection, table, grains.day, firstDayOfMonth(month), firstDayOfMonth(month + 1), month);
    }
  }
  return end < today;
}

/** Recomputes all rollups from the stored events, ignoring `recent_metrics`. For a migration. */
export function recount(connection: Connection): void {
  const table = new RollupTable(connection);
  const totals = new HourlyTotals();
  const rows = connection.prepare("SELECT dimensions, ts, utc_offset_min, duration_ms, numbers FROM events").iterate();
  for (const { dimensions, ts, utc_offset_min: offset, duration_ms: duration, numbers } of rows) {
    totals.add(
      localHour(Number(ts), Number(offset)),
      Number(dimensions),
      duration === null ? undefined : Number(duration),
      parseMeasures(numbers),
    );
  }
  connection.exec("DELETE FROM metrics");
  const closedDay = table.closedDay();
  for (const entry of totals) table.add(entry, closedDay);
}

/** Recomputes all rollups in a current database. For tests. */
export function recountAll(connection: Connection): void {
  connection.exec("DELETE FROM recent_metrics");
  recount(connection);
}

/**
 * Merges rows of the view `rollups` that follow each other and have the same bucket and dimensions; each bin of a sketch occurs
 * once afterwards.
 */
export function* mergedRows(rows: Iterable<Row>): Iterable<Row> {
  let last: { readonly row: Row; readonly sum: Totals } | undefined;
  for (const row of rows) {
    const isSame =
      last !== undefined && ["grain", "bucket", "dimensions"].every((name) => last?.row[name] === row[name]);
    if (!isSame && last !== undefined) yield mergedRow(last.row, last.sum);
    if (!isSame) last = { row, sum: new Totals() };
    last?.sum.addRow(row);
  }
  if (last !== undefined) yield mergedRow(last.row, last.sum);
}

function mergedRow({ grain = null, bucket = null, dimensions = null }: Row, sum: Totals): Row {
  sum.compact();
  const [count = 0, durations = 0, total = 0, min = null, max = null, sketch = null, numbers = null] = cellsOf(sum);
  return {
    grain,
    bucket,
    dimensions,
    count,
    duration_count: durations,
    duration_sum: total,
    duration_min: min,
    duration_max: max,
    duration_sketch: sketch,
    numbers,
  };
}

/** Returns rollups in a canonical form for comparison: one row per bucket, sketches compact. */
export function canonicalRollups(connection: Connection): readonly Row[] {
  return [...mergedRows(connection.prepare("SELECT * FROM rollups ORDER BY grain, bucket, dimensions").iterate())];
}
