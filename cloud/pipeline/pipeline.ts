/**
 * Puts the log into the warehouse, in large inserts, and then adds up what was touched: hours, days, months. One after the other, so that an
 * erasure finds nothing under way.
 */
import { join } from "node:path";
import type { Aggregates, Change, NotApplied } from "../aggregates/aggregates.ts";
import { dayMs, type Hour, hourMs } from "../hours.ts";
import { digestOf } from "../ingest/installation.ts";
import { type BatchHead, type BatchRecord, readRecord } from "../log/batch-record.ts";
import { CorruptLogError, type DurableLog, type LogPosition } from "../log/durable-log.ts";
import { backoffMs, pause } from "../pause.ts";
import { clickHouseTime } from "../warehouse/clickhouse-time.ts";
import {
  computeHours,
  dropReplaced,
  maxHoursTogether,
  nextVersion,
  recomputeHours,
  reduceOldHours,
  youngHours,
} from "../warehouse/rollups.ts";
import { batchesTable, eventsTable, refusedTable } from "../warehouse/schema.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";

/** Characters of the log that are looked at for one insert. */
const maxChars = 24 * 1_048_576;
/** Milliseconds from one adding-up to the next; and while more waits than one insert takes. */
const [addUpMs, busyAddUpMs] = [2_000, 15_000];
/** Older hours are computed in a slow lane, so that a sender of many old hours does not delay others. Milliseconds. */
const recentMs = 48 * hourMs;
/** Milliseconds between two runs of the slow lane, and its pause as a multiple of the time of a run. */
const [slowMs, slowPauses] = [1_000, 9];
/** IDs in one query: ClickHouse limits the length of a parameter. */
const idsTogether = 200;
/** Milliseconds that are waited after the warehouse failed, doubled up to a minute. */
const [firstPauseMs, maxPauseMs] = [250, 60_000];

export interface PipelineOptions {
  readonly data: string;
  readonly insertRows: number;
  readonly insertMs: number;
  /** A daily, monthly or old hourly cell with fewer counted users is not kept. */
  readonly minUsers: number;
  /** Those of the pseudonyms whose erasure was requested. */
  readonly erasedAmong: (anonUserIds: Iterable<string>) => Promise<ReadonlySet<string>>;
  readonly inserted: (rows: number) => void;
  readonly failed: (error: unknown) => void;
  readonly now: () => number;
}

/** What goes into the warehouse together. */
interface Range {
  readonly records: readonly BatchRecord[];
  readonly next: LogPosition;
  /** The log has nothing there. */
  readonly isEmpty: boolean;
}

export class Pipeline {
  readonly #log: DurableLog;
  readonly #warehouse: Warehouse;
  readonly #aggregates: Aggregates;
  readonly #options: PipelineOptions;
  readonly #progressFile: string;
  readonly #ending = new AbortController();
  #progress: Checkpoint & { readonly place: LogPosition };
  #queue: Promise<void> = Promise.resolve();
  #running: Promise<unknown> | undefined;
  #addedUpMs = 0;
  #daily: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(log: DurableLog, warehouse: Warehouse, aggregates: Aggregates, options: PipelineOptions) {
    this.#log = log;
    this.#warehouse = warehouse;
    this.#aggregates = aggregates;
    this.#options = options;
    this.#progressFile = join(options.data, "progress.json");
    const progress = readCheckpoint(this.#progressFile);
    if (progress.log !== undefined && progress.log !== log.id) {
      throw new CorruptLogError(
        `${this.#progressFile} tells of another log than the one that is there: bring that one back, or remove the file, and what is in this one goes in`,
      );
    }
    this.#progress = { ...progress, place: progress.place ?? log.beginning() };
  }

  /** Bytes of the log that wait. */
  get waitingBytes(): number {
    return this.#log.bytesAfter(this.#progress.place);
  }

  /** Heads of batches that are not in the warehouse yet. */
  async waitingHeads(): Promise<readonly BatchHead[]> {
    const heads: BatchHead[] = [];
    for (let place = this.#progress.place; ; ) {
      const records = await this.#log.read(place, maxChars);
      if (records.length === 0) return heads;
      heads.push(...records.flatMap(({ text }) => (text === "" ? [] : readRecord(text).head)));
      place = records.at(-1)?.next ?? place;
    }
  }

  /** With the start and then daily the log begins anew, so that nothing stays in it for long because little comes in. */
  start(): void {
    if (this.#running !== undefined) return;
    const run = () => void this.#everyDay().catch(this.#options.failed);
    run();
    this.#daily = setInterval(run, dayMs).unref();
    this.#running = Promise.all([this.#run(), this.#runSlowly()]);
  }

  /** Everything that is in the log now goes into the warehouse and its totals. */
  drain(): Promise<void> {
    return this.exclusively(() => this.#drain(this.#log.end()));
  }

  /** Runs `work` while nothing else touches the warehouse. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Ends after what is in the log was put away. */
  async stop(): Promise<void> {
    this.#ending.abort();
    clearInterval(this.#daily);
    await this.#running;
    await this.drain();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#log.waitAfter(this.#progress.place, signal);
      if (signal.aborted) return;
      await pause(this.#options.insertMs, signal);
      try {
        await this.exclusively(async () => {
          // What comes in meanwhile waits for the next turn, so that others have theirs.
          const end = this.#log.end();
          while ((await this.#insertNext(end)) && !signal.aborted);
          const often = this.waitingBytes > maxChars ? busyAddUpMs : addUpMs;
          if (performance.now() - this.#addedUpMs >= often) await this.#addUp(this.#touched("recent"));
        });
        this.#failures = 0;
        // What was touched last is added up too, when nothing follows.
        if (this.#touched("recent").length > 0 && this.waitingBytes === 0) await this.#addUpSoon(signal);
      } catch (error) {
        // The log keeps it; whoever looks at the metrics sees that it stands still.
        this.#options.failed(error);
        await pause(backoffMs(this.#failures, firstPauseMs, maxPauseMs), signal);
        this.#failures += 1;
      }
    }
  }

  async #addUpSoon(signal: AbortSignal): Promise<void> {
    await pause(Math.max(0, addUpMs - (performance.now() - this.#addedUpMs)), signal);
    if (!signal.aborted) await this.exclusively(() => this.#addUp(this.#touched("recent")));
  }

  /** The slow lane: some older hours at a time, and then a pause that leaves the warehouse to others. */
  async #runSlowly(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await pause(slowMs, signal);
      const some = this.#touched("old").slice(0, maxHoursTogether);
      if (some.length === 0 || signal.aborted) continue;
      const startedMs = performance.now();
      try {
        await this.exclusively(() => this.#addUp(some));
      } catch (error) {
        this.#options.failed(error);
      }
      await pause((performance.now() - startedMs) * slowPauses, signal);
    }
  }

  /** Touched hours of one lane, in the order in which they were touched: hours that are touched again and again do not delay others. */
  #touched(lane: "recent" | "old"): readonly Hour[] {
    const border = (this.#options.now() - recentMs) / 1_000;
    return this.#progress.touched.filter((hour) => hour >= border === (lane === "recent"));
  }

  async #drain(end: LogPosition): Promise<void> {
    while (await this.#insertNext(end));
    await this.#addUp(this.#progress.touched);
  }

  /** One insert. Returns whether there was something. */
  async #insertNext(end: LogPosition): Promise<boolean> {
    const { place: from, planned, touched: before } = this.#progress;
    const { next, records, isEmpty } = await this.#range(from, planned, end);
    if (isEmpty && planned !== undefined) {
      throw new CorruptLogError(
        `the log has nothing between ${positionText(from)} and ${positionText(planned)}, which was going in`,
      );
    }
    if (isEmpty) return false;
    if (planned === undefined)
      await this.#saveCheckpoint({ place: from, planned: next, touched: before, ...this.#dropped() });
    const erased = await this.#options.erasedAmong(records.map(({ head }) => head.anon_user_id));
    const batches = records.filter(({ head }) => !erased.has(head.anon_user_id));
    const heads = batches.map(({ head }) => head);
    const rows = batches.flatMap(({ lines }) => lines);
    const token = `${this.#log.id}:${positionText(from)}-${positionText(next)}`;
    // Of the many columns those alone that have values: the others cost a quarter of the time.
    const columns = [...new Set(heads.flatMap((head) => head.columns))];
    const isRepeat = planned !== undefined;
    await this.#warehouse.insert(eventsTable.name, rows, token, columns, isRepeat);
    await this.#warehouse.insert(batchesTable.name, heads.map(batchLine), token, [], isRepeat);
    await this.#warehouse.insert(refusedTable.name, heads.flatMap(badLines), token, [], isRepeat);
    const touched = [...new Set([...before, ...heads.flatMap(({ hours }) => hours)])];
    const dropped = { ...this.#progress.dropped };
    for (const { head, lines } of records.filter((one) => erased.has(one.head.anon_user_id))) {
      const digest = digestOf(head.anon_user_id);
      const known = isRepeat ? await this.#knownAmong(lines) : 0;
      dropped[digest] = (dropped[digest] ?? 0) + lines.length - known;
    }
    await this.#saveCheckpoint({ place: next, touched, dropped });
    // What the warehouse has is no longer needed here; which hours are to be added up is written down.
    await this.#log.dropBefore(next);
    this.#options.inserted(rows.length);
    return true;
  }

  /** How many of these events are in the warehouse: an insert that failed, or was killed, may have put them in. */
  async #knownAmong(lines: readonly string[]): Promise<number> {
    let known = 0;
    for (let from = 0; from < lines.length; from += idsTogether) {
      const ids = lines.slice(from, from + idsTogether).map((line) => String(JSON.parse(line).event_id));
      const sql = `SELECT uniqExact(event_id) AS n FROM ${eventsTable.name} WHERE event_id IN {ids:Array(UUID)}`;
      const [row] = await this.#warehouse.query<{ n: string }>(sql, { ids });
      known += Number(row?.n ?? 0);
    }
    return known;
  }

  /** What one insert takes; where one was begun, all of that and nothing else. */
  async #range(from: LogPosition, planned: LogPosition | undefined, end: LogPosition): Promise<Range> {
    const chars = planned === undefined ? maxChars : Number.POSITIVE_INFINITY;
    const records: BatchRecord[] = [];
    let [next, rows] = [planned ?? from, 0];
    const read = await this.#log.read(from, chars, planned ?? end);
    for (const record of read) {
      if (record.text !== "") {
        const batch = readRecord(record.text);
        records.push(batch);
        rows += batch.lines.length;
      }
      if (planned !== undefined) continue;
      next = record.next;
      if (rows >= this.#options.insertRows) break;
    }
    return { records, next, isEmpty: read.length === 0 };
  }

  /** Within `exclusively`. */
  async #addUp(hours: readonly Hour[]): Promise<void> {
    this.#addedUpMs = performance.now();
    for (const some of chunksOf([...hours].sort((a, b) => a - b))) {
      await recomputeHours(this.#warehouse, some, this.#options.now());
      await this.#recomputeTotals(some, "late_events");
      const done = new Set(some);
      const { place, touched } = this.#progress;
      await this.#saveCheckpoint({ place, touched: touched.filter((hour) => !done.has(hour)), ...this.#dropped() });
    }
  }

  #recomputeTotals(hours: readonly Hour[], change: Change): Promise<NotApplied> {
    return this.#aggregates.recompute(this.#warehouse, hours, this.#options.now(), change);
  }

  async #everyDay(): Promise<void> {
    await this.exclusively(() => this.#rotateLog());
    await this.reduceOldHours();
  }

  /** What must not outlive the raw events goes. Inserts go on meanwhile. */
  async reduceOldHours(): Promise<void> {
    await reduceOldHours(this.#warehouse, this.#options.now(), this.#options.minUsers);
  }

  /** What was in the log goes in, and that part of the log is dropped. What comes in meanwhile stays. */
  async #rotateLog(): Promise<void> {
    const place = await this.#log.rotate();
    while (await this.#insertNext(place));
    await this.#saveCheckpoint({ place, touched: this.#progress.touched, ...this.#dropped() });
    await this.#log.dropBefore(place);
  }

  /**
   * Recomputes hours with erased events, in chunks, so that inserts go on in between. Deletes the replaced cells.
   * Returns the days and months that are final, and were left as they are.
   */
  async recomputeErased(hours: readonly Hour[]): Promise<NotApplied> {
    const young = youngHours(hours, this.#options.now());
    const version = await nextVersion(this.#warehouse, young, this.#options.now());
    for (const some of chunksOf(young)) await this.exclusively(() => computeHours(this.#warehouse, some, version));
    await dropReplaced(this.#warehouse, young, version, true);
    const [days, months] = [new Set<string>(), new Set<string>()];
    for (const some of chunksOf([...hours].sort((a, b) => a - b))) {
      const final = await this.exclusively(() => this.#recomputeTotals(some, "erasure"));
      for (const day of final.days) days.add(day);
      for (const month of final.months) months.add(month);
    }
    return { days: [...days], months: [...months] };
  }

  /** How many events of a pseudonym were accepted and not put in, since it is erased; by its digest. */
  droppedOf(digest: string): number {
    return this.#progress.dropped?.[digest] ?? 0;
  }

  /** Of these no number is needed any more. */
  forgetDropped(digests: readonly string[]): Promise<void> {
    return this.exclusively(async () => {
      const gone = new Set(digests);
      const kept = Object.entries(this.#progress.dropped ?? {}).filter(([digest]) => !gone.has(digest));
      const { place, touched } = this.#progress;
      await this.#saveCheckpoint({ place, touched, dropped: Object.fromEntries(kept) });
    });
  }

  /** Puts away what is in the log now, and drops that part of the log itself. What comes in meanwhile stays. */
  emptyLog(): Promise<void> {
    return this.exclusively(() => this.#rotateLog());
  }

  #dropped(): Pick<Checkpoint, "dropped"> {
    const { dropped = {} } = this.#progress;
    return Object.keys(dropped).length === 0 ? {} : { dropped };
  }

  async #saveCheckpoint(progress: Checkpoint & { readonly place: LogPosition }): Promise<void> {
    await writeCheckpoint(this.#progressFile, { ...progress, log: this.#log.id });
    this.#progress = progress;
  }
}

/** Hours that are computed in one statement. */
function chunksOf(hours: readonly Hour[]): readonly (readonly Hour[])[] {
  const count = Math.ceil(hours.length / maxHoursTogether);
  return Array.from({ length: count }, (_, n) => hours.slice(n * maxHoursTogether, (n + 1) * maxHoursTogether));
}

const positionText = (place: LogPosition): string => Object.values(place).join(":");

const batchLine = ({ batch_id, anon_user_id, sha256, receipt, received_ms }: BatchHead): string =>
  JSON.stringify({ batch_id, anon_user_id, sha256, receipt, received_at: clickHouseTime(received_ms) });

const badLines = ({ refused, received_ms }: BatchHead): readonly string[] =>
  refused.map(({ reason, type, field, digest }) =>
    JSON.stringify({ received_at: clickHouseTime(received_ms), reason, event_type: type, field, digest }),
  );
