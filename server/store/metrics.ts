/**
 * Rollups: how often each combination of words happened in each hour of the user's wall clock, how long it took, and what
 * its numbers add up to. Hours are kept up with every write, in its transaction. A day is made from its hours once it is
 * over, a month from its days; what comes in later for a closed day changes its day and month too.
 */
import { parseNumbers } from "./columns.ts";
import type { Connection, Row, Statement } from "./driver.ts";
import { dayOfHour, firstDayOfMonth, localHour, monthOfDay } from "./local-time.ts";
import { addValue, type Bins, binsText, mergeBins, parseBins } from "./sketch.ts";

export const grains = { hour: 0, day: 1, month: 2 } as const;

/** Count, sum, least and most of a number. */
type Summary = [count: number, sum: number, min: number, max: number];

/** What happened to one combination of words in one bucket. */
export class Tally {
  count = 0;
  durations: Summary = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  readonly bins: Bins = new Map();
  readonly numbers = new Map<string, Summary>();

  add(durationMs: number | undefined, numbers: Readonly<Record<string, number>>): void {
    this.count += 1;
    if (durationMs !== undefined) {
      this.durations = joined(this.durations, [1, durationMs, durationMs, durationMs]);
      addValue(this.bins, durationMs);
    }
    for (const [name, value] of Object.entries(numbers)) this.#join(name, [1, value, value, value]);
  }

  /** Adds a stored row. */
  addRow(row: Row): void {
    this.count += Number(row["count"]);
    const durations = Number(row["duration_count"]);
    if (durations > 0) {
      const { duration_sum: sum, duration_min: min, duration_max: max } = row;
      this.durations = joined(this.durations, [durations, Number(sum), Number(min), Number(max)]);
      mergeBins(this.bins, parseBins(row["duration_sketch"]));
    }
    const numbers: Readonly<Record<string, Summary>> =
      typeof row["numbers"] === "string" ? JSON.parse(row["numbers"]) : {};
    for (const [name, summary] of Object.entries(numbers)) this.#join(name, summary);
  }

  #join(name: string, summary: Summary): void {
    const known = this.numbers.get(name);
    this.numbers.set(name, known === undefined ? summary : joined(known, summary));
  }
}

function joined(a: Summary, b: Summary): Summary {
  // A sum of fractions is kept to a millionth, so that its order does not matter.
  const sum = Math.round((a[1] + b[1]) * 1_000_000) / 1_000_000;
  return [a[0] + b[0], sum, Math.min(a[2], b[2]), Math.max(a[3], b[3])];
}

/** Tallies of one transaction, by bucket and words. */
export class Tallies {
  readonly #tallies = new Map<string, { readonly hour: number; readonly words: number; readonly tally: Tally }>();

  of(hour: number, words: number): Tally {
    const key = `${hour} ${words}`;
    let entry = this.#tallies.get(key);
    if (entry === undefined) {
      entry = { hour, words, tally: new Tally() };
      this.#tallies.set(key, entry);
    }
    return entry.tally;
  }

  [Symbol.iterator]() {
    return this.#tallies.values();
  }
}

/** The statements that keep rollups, prepared once for a connection. */
export class MetricsTable {
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #closedDay: Statement;

  constructor(connection: Connection) {
    this.#find = connection.prepare("SELECT * FROM metrics WHERE grain = ? AND bucket = ? AND words = ?");
    this.#put = connection.prepare("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
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
    const [known, sum, min, max] = durations;
    const others = numbers.size === 0 ? null : JSON.stringify(Object.fromEntries([...numbers].sort()));
    this.#put.run(
      grain,
      bucket,
      words,
      count,
      known,
      sum,
      known === 0 ? null : min,
      known === 0 ? null : max,
      known === 0 ? null : binsText(bins),
      others,
    );
  }

  #add(grain: number, bucket: number, words: number, tally: Tally): void {
    const row = this.#find.get(grain, bucket, words);
    if (row === undefined) {
      this.put(grain, bucket, words, tally);
      return;
    }
    const whole = new Tally();
    whole.addRow(row);
    whole.count += tally.count;
    whole.durations = joined(whole.durations, tally.durations);
    mergeBins(whole.bins, tally.bins);
    for (const [name, summary] of tally.numbers) {
      const known = whole.numbers.get(name);
      whole.numbers.set(name, known === undefined ? summary : joined(known, summary));
    }
    this.put(grain, bucket, words, whole);
  }
}

/** A month is made once all its days are closed. */
export function isClosed(month: number, closedDay: number): boolean {
  return firstDayOfMonth(month + 1) <= closedDay;
}

/** Sums the rows of one grain from `from` to before `to` up into one bucket of the next. */
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
  }
  for (const [words, tally] of tallies) table.put(grain + 1, bucket, words, tally);
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
  for (const row of connection
    .prepare("SELECT words, ts, utc_offset_min, duration_ms, numbers FROM events")
    .iterate()) {
    const { words, ts, utc_offset_min: offset, duration_ms: duration, numbers } = row;
    tallies
      .of(localHour(Number(ts), Number(offset)), Number(words))
      .add(duration === null ? undefined : Number(duration), parseNumbers(numbers));
  }
  connection.exec("DELETE FROM metrics");
  table.apply(tallies);
}
