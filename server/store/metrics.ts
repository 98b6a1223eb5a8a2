/**
 * Rollups: how often each combination of words happened in each hour of the user's wall clock, how long it took, and what
 * its numbers add up to. Hours are kept up with every write, in its transaction. A day is made from its hours once it is
 * over, a month from its days; what comes in later for a closed day changes its day and month too.
 */
import { parseNumbers } from "./columns.ts";
import type { Connection, Row, Statement } from "./driver.ts";
import { dayOfHour, firstDayOfMonth, localHour, monthOfDay } from "./local-time.ts";
import { binOf, Sketch } from "./sketch.ts";

export const grains = { hour: 0, day: 1, month: 2 } as const;

/** Count, sum, least and most of a number. */
type Summary = [count: number, sum: number, min: number, max: number];

/** What happened to one combination of words in one bucket. */
class Tally {
  count = 0;
  durations: Summary | undefined;
  /** The bins of the durations, as a stored sketch is written. */
  bins = "";
  numbers: Record<string, Summary> | undefined;

  add(durationMs: number | undefined, numbers: Readonly<Record<string, number>> | undefined): void {
    this.count += 1;
    if (durationMs !== undefined) {
      this.durations = joined(this.durations, [1, durationMs, durationMs, durationMs]);
      this.#addBins(String(binOf(durationMs)));
    }
    if (numbers === undefined) return;
    for (const [name, value] of Object.entries(numbers)) this.#join(name, [1, value, value, value]);
  }

  /** Adds a stored row. */
  addRow(row: Row): void {
    this.count += Number(row["count"]);
    const { duration_count: known, duration_sum: sum, duration_min: min, duration_max: max } = row;
    if (Number(known) > 0) {
      this.durations = joined(this.durations, [Number(known), Number(sum), Number(min), Number(max)]);
      this.#addBins(String(row["duration_sketch"]));
    }
    if (typeof row["numbers"] !== "string") return;
    for (const [name, summary] of Object.entries(JSON.parse(row["numbers"]) as Record<string, Summary>)) {
      this.#join(name, summary);
    }
  }

  addTally({ count, durations, bins, numbers }: Tally): void {
    this.count += count;
    if (durations !== undefined) {
      this.durations = joined(this.durations, durations);
      this.#addBins(bins);
    }
    for (const [name, summary] of Object.entries(numbers ?? {})) this.#join(name, summary);
  }

  /** Its bins with each bin once. */
  compact(): void {
    const sketch = new Sketch();
    if (this.bins !== "") sketch.addText(this.bins);
    this.bins = String(sketch);
  }

  #addBins(bins: string): void {
    this.bins = this.bins === "" ? bins : `${this.bins},${bins}`;
  }

  #join(name: string, summary: Summary): void {
    this.numbers ??= {};
    this.numbers[name] = joined(this.numbers[name], summary);
  }
}

function joined(a: Summary | undefined, b: Summary): Summary {
  if (a === undefined) return b;
  // A sum of fractions is kept to a millionth, so that its order does not matter.
  const sum = Math.round((a[1] + b[1]) * 1_000_000) / 1_000_000;
  return [a[0] + b[0], sum, Math.min(a[2], b[2]), Math.max(a[3], b[3])];
}

/** Tallies of one transaction, by bucket and words. */
export class Tallies {
  readonly #tallies = new Map<number, { readonly hour: number; readonly words: number; readonly tally: Tally }>();

  /** Adds an event. */
  add(
    hour: number,
    words: number,
    durationMs: number | undefined,
    numbers: Readonly<Record<string, number>> | undefined,
  ): void {
    // Hours have six digits until the year 2084: both fit into one whole number.
    const key = words * 1_000_000 + hour;
    let entry = this.#tallies.get(key);
    if (entry === undefined) {
      entry = { hour, words, tally: new Tally() };
      this.#tallies.set(key, entry);
    }
    entry.tally.add(durationMs, numbers);
  }

  [Symbol.iterator]() {
    return this.#tallies.values();
  }
}

const columns = `grain, bucket, words, count, duration_count, duration_sum, duration_min, duration_max, duration_sketch, numbers`;

/** Characters of a sketch that is made compact: a compact one has mostly fewer than half of them. */
const longestSketch = 2_048;

/** The statements that keep rollups, prepared once for a connection. */
export class MetricsTable {
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #grow: Statement;
  readonly #closedDay: Statement;

  constructor(connection: Connection) {
    this.#find = connection.prepare("SELECT * FROM metrics WHERE grain = ? AND bucket = ? AND words = ?");
    this.#put = connection.prepare(`INSERT OR REPLACE INTO metrics (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    // What is there is not read: counts and bins are added to.
    this.#grow = connection.prepare(
      `INSERT INTO metrics (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
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
    this.#closedDay = connection.prepare("SELECT value FROM state WHERE name = 'closed_day'");
  }

  /** Days before it are rolled up. */
  closedDay(): number {
    return Number(this.#closedDay.get()?.["value"] ?? 0);
  }

  /** Adds what a transaction tallied. */
  apply(tallies: Tallies): void {
    const closedDay = this.closedDay();
    for (const { hour, words, tally } of tallies) {
      this.#add(grains.hour, hour, words, tally);
      const day = dayOfHour(hour);
      if (day >= closedDay) continue;
      this.#add(grains.day, day, words, tally);
      if (isClosed(monthOfDay(day), closedDay)) this.#add(grains.month, monthOfDay(day), words, tally);
    }
  }

  put(grain: number, bucket: number, words: number, { count, durations, bins, numbers }: Tally): void {
    const [known = 0, sum = 0, min = null, max = null] = durations ?? [];
    const others = numbers === undefined ? null : JSON.stringify(Object.fromEntries(Object.entries(numbers).sort()));
    this.#put.run(grain, bucket, words, count, known, sum, min, max, known === 0 ? null : bins, others);
  }

  #compact(grain: number, bucket: number, words: number): void {
    const row = this.#find.get(grain, bucket, words);
    if (row === undefined) return;
    const tally = new Tally();
    tally.addRow(row);
    tally.compact();
    this.put(grain, bucket, words, tally);
  }

  #add(grain: number, bucket: number, words: number, tally: Tally): void {
    const { count, durations, bins, numbers } = tally;
    if (numbers === undefined) {
      const [known = 0, sum = 0, min = null, max = null] = durations ?? [];
      const grown = this.#grow.get(grain, bucket, words, count, known, sum, min, max, known === 0 ? null : bins);
      // In a busy hour the text would become the most of what a write writes.
      if (Number(grown?.["length"]) > longestSketch) this.#compact(grain, bucket, words);
      return;
    }
    const whole = new Tally();
    const row = this.#find.get(grain, bucket, words);
    if (row !== undefined) whole.addRow(row);
    whole.addTally(tally);
    this.put(grain, bucket, words, whole);
  }
}

/** A month is made once all its days are closed. */
export function isClosed(month: number, closedDay: number): boolean {
  return firstDayOfMonth(month + 1) <= closedDay;
}

/** Sums the rows of one grain from `from` to before `to` up into one bucket of the next; what was summed gets compact. */
function sumUp(
  connection: Connection,
  table: MetricsTable,
  grain: number,
  from: number,
  to: number,
  bucket: number,
): void {
  const tallies = new Map<number, Tally>();
  const rows = connection.prepare("SELECT * FROM metrics WHERE grain = ? AND bucket >= ? AND bucket < ?");
  for (const row of rows.all(grain, from, to)) {
    const words = Number(row["words"]);
    const tally = tallies.get(words) ?? new Tally();
    tally.addRow(row);
    tallies.set(words, tally);
    const own = new Tally();
    own.addRow(row);
    own.compact();
    if (own.durations !== undefined && own.bins !== row["duration_sketch"]) {
      table.put(grain, Number(row["bucket"]), words, own);
    }
  }
  for (const [words, tally] of tallies) {
    tally.compact();
    table.put(grain + 1, bucket, words, tally);
  }
}

/**
 * Makes the days that are over by `today` from their hours, and the months that are over from their days; the first
 * `most` of them. Returns whether there is more to do. To be called in a transaction.
 */
export function closeDays(connection: Connection, today: number, most = 31): boolean {
  const table = new MetricsTable(connection);
  const closed = table.closedDay();
  const open = connection
    .prepare("SELECT min(bucket) hour FROM metrics WHERE grain = 0 AND bucket >= ?")
    .get(closed * 24)?.["hour"];
  // Days without anything need nothing.
  const first =
    open === null || open === undefined ? today : Math.min(today, Math.max(closed, dayOfHour(Number(open))));
  const end = Math.min(today, first + most);
  for (let day = first; day < end; day += 1) sumUp(connection, table, grains.hour, day * 24, (day + 1) * 24, day);
  if (end > closed) {
    connection.prepare("UPDATE state SET value = ? WHERE name = 'closed_day'").run(end);
    for (let month = monthOfDay(closed); month < monthOfDay(end); month += 1) {
      sumUp(connection, table, grains.day, firstDayOfMonth(month), firstDayOfMonth(month + 1), month);
    }
  }
  return end < today;
}

/** Makes all rollups anew from the events that are there. For a migration, and for tests to compare with. */
export function recount(connection: Connection): void {
  const table = new MetricsTable(connection);
  const tallies = new Tallies();
  const rows = connection.prepare("SELECT words, ts, utc_offset_min, duration_ms, numbers FROM events").iterate();
  for (const { words, ts, utc_offset_min: offset, duration_ms: duration, numbers } of rows) {
    tallies.add(
      localHour(Number(ts), Number(offset)),
      Number(words),
      duration === null ? undefined : Number(duration),
      parseNumbers(numbers),
    );
  }
  connection.exec("DELETE FROM metrics");
  table.apply(tallies);
}

/** The rollups in a form in which equal ones are equal: each sketch compact. For tests and for checks. */
export function canonicalRollups(connection: Connection): readonly Row[] {
  return connection
    .prepare("SELECT * FROM metrics ORDER BY grain, bucket, words")
    .all()
    .map((row) => {
      const tally = new Tally();
      tally.addRow(row);
      tally.compact();
      return { ...row, duration_sketch: tally.bins };
    });
}
