/**
 * Moves the log into the warehouse in large inserts, then recomputes the touched hours, days and
 * months. One step at a time, so that an erasure never overlaps with an insert.
 */

import { join } from "node:path";
import { dayMs, hourMs } from "../../shared/schema/durations.ts";
import type { Aggregates, Change, NotApplied } from "../aggregates/aggregates.ts";
import type { Hour } from "../hours.ts";
import { erasedUserDigest } from "../ingest/installation.ts";
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
import { forgetUsers } from "../warehouse/users.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";

/** Maximum characters read from the log for one insert. */
const maxChars = 24 * 1_048_576;
/** Milliseconds between recomputations; the second while more than one insert is waiting. */
const [recomputeMs, busyRecomputeMs] = [2_000, 15_000];
/**
 * Older hours use the slow lane, so that a client with many old hours does not delay others.
 * Milliseconds.
 */
const recentMs = 48 * hourMs;
/**
 * Milliseconds between two runs of the slow lane, and its pause as a multiple of a run's duration.
 */
const [slowMs, slowPauseFactor] = [1_000, 9];
/** Maximum IDs in one query: ClickHouse limits the length of a parameter. */
const maxIdsPerQuery = 200;
/** Pause in milliseconds after a warehouse failure, doubled up to one minute. */
const [firstPauseMs, maxPauseMs] = [250, 60_000];

export interface PipelineOptions {
  readonly data: string;
  readonly insertRows: number;
  readonly insertMs: number;
  /** Daily, monthly and old hourly cells with fewer established users are suppressed. */
  readonly minUsers: number;
  /** Returns the pseudonyms whose erasure was requested. */
  readonly erasedAmong: (anonUserIds: Iterable<string>) => Promise<ReadonlySet<string>>;
  readonly inserted: (rows: number) => void;
  readonly failed: (error: unknown) => void;
  readonly now: () => number;
}

/** The records of one insert. */
interface Range {
  readonly records: readonly BatchRecord[];
  readonly next: LogPosition;
  /** The log has no record in the range. */
  readonly isEmpty: boolean;
}

export class Pipeline {
  readonly #log: DurableLog;
  readonly #warehouse: Warehouse;
  readonly #aggregates: Aggregates;
  readonly #options: PipelineOptions;
  readonly #checkpointFile: string;
  readonly #stopping = new AbortController();
  #checkpoint: Checkpoint & { readonly place: LogPosition };
  #queue: Promise<void> = Promise.resolve();
  #running: Promise<unknown> | undefined;
  #recomputedMs = 0;
  #daily: NodeJS.Timeout | undefined;
  #failures = 0;
  #dataVersion = 0;

  constructor(log: DurableLog, warehouse: Warehouse, aggregates: Aggregates, options: PipelineOptions) {
    this.#log = log;
    this.#warehouse = warehouse;
    this.#aggregates = aggregates;
    this.#options = options;
    this.#checkpointFile = join(options.data, "progress.json");
    const checkpoint = readCheckpoint(this.#checkpointFile);
    if (checkpoint.log !== undefined && checkpoint.log !== log.id) {
      throw new CorruptLogError(
        `${this.#checkpointFile} belongs to a different log. Restore that log, or delete this file to re-import.`,
      );
    }
    this.#checkpoint = { ...checkpoint, place: checkpoint.place ?? log.beginning() };
  }

  /** Log bytes not yet in the warehouse. */
  get waitingBytes(): number {
    return this.#log.bytesAfter(this.#checkpoint.place);
  }

  /** Changes whenever what is in the warehouse does. */
  get dataVersion(): number {
    return this.#dataVersion;
  }

  /** Something else changed the warehouse. */
  dataChanged(): void {
    this.#dataVersion += 1;
  }

  /** Heads of batches that are not in the warehouse yet. */
  async waitingHeads(): Promise<readonly BatchHead[]> {
    const heads: BatchHead[] = [];
    for (let position = this.#checkpoint.place; ; ) {
      const records = await this.#log.read(position, maxChars);
      if (records.length === 0) return heads;
      heads.push(...records.flatMap(({ text }) => (text === "" ? [] : readRecord(text).head)));
      position = records.at(-1)?.next ?? position;
    }
  }

  /**
   * Starts processing. Rotates the log at start and daily, so that records leave it even with
   * little traffic.
   */
  start(): void {
    if (this.#running !== undefined) return;
    const run = () => void this.#runDaily().catch(this.#options.failed);
    run();
    this.#daily = setInterval(run, dayMs).unref();
    this.#running = Promise.all([this.#run(), this.#runSlowly()]);
  }

  /** Inserts everything that is in the log now and recomputes the totals. */
  drain(): Promise<void> {
    return this.exclusively(() => this.#drain(this.#log.end()));
  }

  /** Runs `work` while no other exclusive work runs. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Drains the log, then stops. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#daily);
    await this.#running;
    await this.drain();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#log.waitAfter(this.#checkpoint.place, signal);
      if (signal.aborted) return;
      await pause(this.#options.insertMs, signal);
      try {
        await this.exclusively(async () => {
          // Later records wait for the next round, so that other exclusive work gets its turn.
          const end = this.#log.end();
          while ((await this.#insertNext(end)) && !signal.aborted);
          const intervalMs = this.waitingBytes > maxChars ? busyRecomputeMs : recomputeMs;
          if (performance.now() - this.#recomputedMs >= intervalMs) await this.#recompute(this.#touched("recent"));
        });
        this.#failures = 0;
        // Without further records the loop would wait, so the last touched hours are recomputed
        // here.
        if (this.#touched("recent").length > 0 && this.waitingBytes === 0) await this.#recomputeSoon(signal);
      } catch (error) {
        // The log keeps the records; the metrics show the backlog.
        this.#options.failed(error);
        await pause(backoffMs(this.#failures, firstPauseMs, maxPauseMs), signal);
        this.#failures += 1;
      }
    }
  }

  async #recomputeSoon(signal: AbortSignal): Promise<void> {
    await pause(Math.max(0, recomputeMs - (performance.now() - this.#recomputedMs)), signal);
    if (!signal.aborted) await this.exclusively(() => this.#recompute(this.#touched("recent")));
  }

  /**
   * The slow lane: recomputes old hours in chunks with pauses in which other work gets the
   * warehouse.
   */
  async #runSlowly(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(slowMs, signal);
      const chunk = this.#touched("old").slice(0, maxHoursTogether);
      if (chunk.length === 0 || signal.aborted) continue;
      const startedMs = performance.now();
      try {
        await this.exclusively(() => this.#recompute(chunk));
      } catch (error) {
        this.#options.failed(error);
      }
      await pause((performance.now() - startedMs) * slowPauseFactor, signal);
    }
  }

  /**
   * Touched hours of a lane in order of first touch, so that repeatedly touched hours do not delay
   * others.
   */
  #touched(lane: "recent" | "old"): readonly Hour[] {
    const oldestRecent = (this.#options.now() - recentMs) / 1_000;
    return this.#checkpoint.touched.filter((hour) => hour >= oldestRecent === (lane === "recent"));
  }

  async #drain(end: LogPosition): Promise<void> {
    while (await this.#insertNext(end));
    await this.#recompute(this.#checkpoint.touched);
  }

  /** Performs one insert. Returns whether there was a record. */
  async #insertNext(end: LogPosition): Promise<boolean> {
    const { place: from, planned, touched: before } = this.#checkpoint;
    const { next, records, isEmpty } = await this.#range(from, planned, end);
    if (isEmpty && planned !== undefined) {
      throw new CorruptLogError(
        `records ${positionText(from)} to ${positionText(planned)} of an unfinished insert are missing in the log`,
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
    // Only columns with values: the empty ones take a quarter of the insert's time.
    const columns = [...new Set(heads.flatMap((head) => head.columns))];
    const isRepeat = planned !== undefined;
    await this.#warehouse.insert(eventsTable.name, rows, token, columns, isRepeat);
    await this.#warehouse.insert(batchesTable.name, heads.map(batchLine), token, [], isRepeat);
    await this.#warehouse.insert(refusedTable.name, heads.flatMap(refusedLines), token, [], isRepeat);
    const touched = [...new Set([...before, ...heads.flatMap(({ hours }) => hours)])];
    const dropped = { ...this.#checkpoint.dropped };
    for (const { head, lines } of records.filter((record) => erased.has(record.head.anon_user_id))) {
      const digest = erasedUserDigest(head.anon_user_id);
      const inserted = isRepeat ? await this.#countInserted(lines) : 0;
      dropped[digest] = (dropped[digest] ?? 0) + lines.length - inserted;
    }
    await this.#saveCheckpoint({ place: next, touched, dropped });
    this.dataChanged();
    // The warehouse has the records and the checkpoint has the touched hours.
    await this.#log.dropBefore(next);
    this.#options.inserted(rows.length);
    return true;
  }

  /**
   * Counts which events are in the warehouse: an insert that failed or was killed may have stored
   * them.
   */
  async #countInserted(lines: readonly string[]): Promise<number> {
    let inserted = 0;
    for (let from = 0; from < lines.length; from += maxIdsPerQuery) {
      const ids = lines.slice(from, from + maxIdsPerQuery).map((line) => String(JSON.parse(line).event_id));
      const sql = `SELECT uniqExact(event_id) AS n FROM ${eventsTable.name} WHERE event_id IN {ids:Array(UUID)}`;
      const [row] = await this.#warehouse.query<{ n: string }>(sql, { ids });
      inserted += Number(row?.n ?? 0);
    }
    return inserted;
  }

  /** Reads the records of the next insert, or exactly those of an interrupted one. */
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

  /** Runs within `exclusively`. */
  async #recompute(hours: readonly Hour[]): Promise<void> {
    this.#recomputedMs = performance.now();
    for (const chunk of chunksOf([...hours].sort((a, b) => a - b))) {
      await recomputeHours(this.#warehouse, chunk, this.#options.now());
      this.dataChanged();
      await this.#recomputeTotals(chunk, "late_events");
      const done = new Set(chunk);
      const { place, touched } = this.#checkpoint;
      await this.#saveCheckpoint({ place, touched: touched.filter((hour) => !done.has(hour)), ...this.#dropped() });
    }
  }

  #recomputeTotals(hours: readonly Hour[], change: Change): Promise<NotApplied> {
    return this.#aggregates.recompute(this.#warehouse, hours, this.#options.now(), change);
  }

  async #runDaily(): Promise<void> {
    await this.exclusively(() => this.#rotateLog());
    await this.reduceOldHours();
    await forgetUsers(this.#warehouse, this.#options.now());
  }

  /** Removes pseudonyms and small cells from old hours, concurrently with inserts. */
  async reduceOldHours(): Promise<void> {
    await reduceOldHours(this.#warehouse, this.#options.now(), this.#options.minUsers);
  }

  /** Inserts what is in the log now and drops that part. Later records stay. */
  async #rotateLog(): Promise<void> {
    const position = await this.#log.rotate();
    while (await this.#insertNext(position));
    await this.#saveCheckpoint({ place: position, touched: this.#checkpoint.touched, ...this.#dropped() });
    await this.#log.dropBefore(position);
  }

  /**
   * Recomputes hours with erased events in chunks, with inserts in between, and deletes the
   * replaced cells. Returns the final days and months, which do not change.
   */
  async recomputeErased(hours: readonly Hour[]): Promise<NotApplied> {
    const young = youngHours(hours, this.#options.now());
    const version = await nextVersion(this.#warehouse, young, this.#options.now());
    for (const chunk of chunksOf(young)) await this.exclusively(() => computeHours(this.#warehouse, chunk, version));
    await dropReplaced(this.#warehouse, young, version, true);
    const [days, months] = [new Set<string>(), new Set<string>()];
    for (const chunk of chunksOf([...hours].sort((a, b) => a - b))) {
      const final = await this.exclusively(() => this.#recomputeTotals(chunk, "erasure"));
      for (const day of final.days) days.add(day);
      for (const month of final.months) months.add(month);
    }
    return { days: [...days], months: [...months] };
  }

  /** Returns the number of accepted events of an erased pseudonym that were not inserted. */
  droppedOf(digest: string): number {
    return this.#checkpoint.dropped?.[digest] ?? 0;
  }

  /** Deletes these counts once the erasures are complete. */
  forgetDropped(digests: readonly string[]): Promise<void> {
    return this.exclusively(async () => {
      const completed = new Set(digests);
      const remaining = Object.entries(this.#checkpoint.dropped ?? {}).filter(([digest]) => !completed.has(digest));
      const { place, touched } = this.#checkpoint;
      await this.#saveCheckpoint({ place, touched, dropped: Object.fromEntries(remaining) });
    });
  }

  /** Inserts what is in the log now and drops that part of the log. Later records stay. */
  emptyLog(): Promise<void> {
    return this.exclusively(() => this.#rotateLog());
  }

  #dropped(): Pick<Checkpoint, "dropped"> {
    const { dropped = {} } = this.#checkpoint;
    return Object.keys(dropped).length === 0 ? {} : { dropped };
  }

  async #saveCheckpoint(checkpoint: Checkpoint & { readonly place: LogPosition }): Promise<void> {
    await writeCheckpoint(this.#checkpointFile, { ...checkpoint, log: this.#log.id });
    this.#checkpoint = checkpoint;
  }
}

/** Splits hours into the chunks of one statement. */
function chunksOf(hours: readonly Hour[]): readonly (readonly Hour[])[] {
  const count = Math.ceil(hours.length / maxHoursTogether);
  return Array.from({ length: count }, (_, n) => hours.slice(n * maxHoursTogether, (n + 1) * maxHoursTogether));
}

const positionText = (position: LogPosition): string => Object.values(position).join(":");

const batchLine = ({ batch_id, anon_user_id, sha256, receipt, received_ms }: BatchHead): string =>
  JSON.stringify({ batch_id, anon_user_id, sha256, receipt, received_at: clickHouseTime(received_ms) });

const refusedLines = ({ refused, received_ms }: BatchHead): readonly string[] =>
  refused.map(({ reason, type, field, digest }) =>
    JSON.stringify({ received_at: clickHouseTime(received_ms), reason, event_type: type, field, digest }),
  );
