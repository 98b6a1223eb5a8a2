/**
 * Puts the log into the warehouse, in large inserts, and then adds up what was touched: hours, days, months. One after the other, so that an
 * erasure finds nothing under way.
 */
import { join } from "node:path";
import type { Aggregates } from "./aggregates/aggregates.ts";
import { DamagedLogError, type EventLog, type Place } from "./log/event-log.ts";
import { type BatchHead, type BatchRecord, readRecord } from "./log/record.ts";
import { type Progress, readProgress, writeProgress } from "./warehouse/progress.ts";
import { type Hour, recomputeHours } from "./warehouse/rollups.ts";
import { batchesTable, eventsTable, refusedTable } from "./warehouse/schema.ts";
import { timeText } from "./warehouse/time-text.ts";
import type { Warehouse } from "./warehouse/warehouse.ts";

/** Characters of the log that are looked at for one insert. */
const mostChars = 24 * 1_048_576;
/** Milliseconds from one adding-up to the next; and while more waits than one insert takes. */
const [addUpMs, busyAddUpMs] = [2_000, 15_000];
const dayMs = 24 * 60 * 60 * 1000;
/** Milliseconds that are waited after the warehouse failed, doubled up to a minute. */
const [firstPauseMs, longestPauseMs] = [250, 60_000];

export interface PipelineOptions {
  readonly data: string;
  readonly insertRows: number;
  readonly insertMs: number;
  readonly isErased: (anonUserId: string) => boolean;
  readonly inserted: (rows: number) => void;
  readonly failed: (error: unknown) => void;
}

/** What goes into the warehouse together. */
interface Range {
  readonly records: readonly BatchRecord[];
  readonly next: Place;
  /** The log has nothing there. */
  readonly isEmpty: boolean;
}

export class Pipeline {
  readonly #log: EventLog;
  readonly #warehouse: Warehouse;
  readonly #aggregates: Aggregates;
  readonly #options: PipelineOptions;
  readonly #progressFile: string;
  readonly #ending = new AbortController();
  #progress: Progress & { readonly place: Place };
  #queue: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  #addedUpMs = 0;
  #daily: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Pseudonym → events of it that were not put in, since it is erased. */
  readonly #dropped = new Map<string, number>();

  constructor(log: EventLog, warehouse: Warehouse, aggregates: Aggregates, options: PipelineOptions) {
    this.#log = log;
    this.#warehouse = warehouse;
    this.#aggregates = aggregates;
    this.#options = options;
    this.#progressFile = join(options.data, "progress.json");
    const progress = readProgress(this.#progressFile);
    if (progress.log !== undefined && progress.log !== log.id) {
      throw new DamagedLogError(
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
      const records = await this.#log.read(place, mostChars);
      if (records.length === 0) return heads;
      heads.push(...records.flatMap(({ text }) => (text === "" ? [] : readRecord(text).head)));
      place = records.at(-1)?.next ?? place;
    }
  }

  /** With the start and then daily the log begins anew, so that nothing stays in it for long because little comes in. */
  start(): void {
    if (this.#running !== undefined) return;
    const turn = () => void this.exclusively(() => this.#turn()).catch(this.#options.failed);
    turn();
    this.#daily = setInterval(turn, dayMs).unref();
    this.#running = this.#run();
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
          while ((await this.#step(end)) && !signal.aborted);
          const often = this.waitingBytes > mostChars ? busyAddUpMs : addUpMs;
          if (performance.now() - this.#addedUpMs >= often) await this.#addUp();
        });
        this.#failures = 0;
        // What was touched last is added up too, when nothing follows.
        if (this.#progress.touched.length > 0 && this.waitingBytes === 0) await this.#addUpSoon(signal);
      } catch (error) {
        // The log keeps it; whoever looks at the metrics sees that it stands still.
        this.#options.failed(error);
        await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures), signal);
        this.#failures += 1;
      }
    }
  }

  async #addUpSoon(signal: AbortSignal): Promise<void> {
    await pause(Math.max(0, addUpMs - (performance.now() - this.#addedUpMs)), signal);
    if (!signal.aborted) await this.exclusively(() => this.#addUp());
  }

  async #drain(end: Place): Promise<void> {
    while (await this.#step(end));
    await this.#addUp();
  }

  /** One insert. Returns whether there was something. */
  async #step(end: Place): Promise<boolean> {
    const { place: from, planned, touched: before } = this.#progress;
    const { next, records, isEmpty } = await this.#range(from, planned, end);
    if (isEmpty && planned !== undefined) {
      throw new DamagedLogError(
        `the log has nothing between ${placeText(from)} and ${placeText(planned)}, which was going in`,
      );
    }
    if (isEmpty) return false;
    if (planned === undefined) await this.#note({ place: from, planned: next, touched: before });
    const batches = records.filter(({ head }) => !this.#options.isErased(head.anon_user_id));
    const heads = batches.map(({ head }) => head);
    const rows = batches.flatMap(({ lines }) => lines);
    const token = `${this.#log.id}:${placeText(from)}-${placeText(next)}`;
    // Of the many columns those alone that have values: the others cost a quarter of the time.
    const columns = [...new Set(heads.flatMap((head) => head.columns))];
    await this.#warehouse.insert(eventsTable.name, rows, token, columns);
    await this.#warehouse.insert(batchesTable.name, heads.map(batchLine), token);
    await this.#warehouse.insert(refusedTable.name, heads.flatMap(badLines), token);
    await this.#note({ place: next, touched: [...new Set([...before, ...heads.flatMap(({ hours }) => hours)])] });
    for (const { head, lines } of records.filter((one) => !batches.includes(one))) {
      this.#dropped.set(head.anon_user_id, (this.#dropped.get(head.anon_user_id) ?? 0) + lines.length);
    }
    // What the warehouse has is no longer needed here; which hours are to be added up is written down.
    await this.#log.dropBefore(next);
    this.#options.inserted(rows.length);
    return true;
  }

  /** What one insert takes; where one was begun, all of that and nothing else. */
  async #range(from: Place, planned: Place | undefined, end: Place): Promise<Range> {
    const chars = planned === undefined ? mostChars : Number.POSITIVE_INFINITY;
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

  async #addUp(): Promise<void> {
    const { place, touched } = this.#progress;
    this.#addedUpMs = performance.now();
    if (touched.length === 0) return;
    await this.addUpHours(touched);
    await this.#note({ place, touched: [] });
  }

  /** What was in the log goes in, and that part of the log is dropped. What comes in meanwhile stays. */
  async #turn(): Promise<void> {
    const place = await this.#log.rotate();
    while (await this.#step(place));
    await this.#note({ place, touched: this.#progress.touched });
    await this.#log.dropBefore(place);
  }

  /** Within `exclusively`. */
  async addUpHours(hours: readonly Hour[], forGood = false): Promise<void> {
    const done = await recomputeHours(this.#warehouse, hours, Date.now(), forGood);
    await this.#aggregates.recompute(this.#warehouse, done);
  }

  /** How many events of a pseudonym were not put in since this was last asked. */
  takeDropped(anonUserId: string): number {
    const count = this.#dropped.get(anonUserId) ?? 0;
    this.#dropped.delete(anonUserId);
    return count;
  }

  /** Within `exclusively`: puts away what was in the log, and forgets that part of the log itself. What comes in meanwhile stays. */
  async emptyLog(): Promise<void> {
    await this.#turn();
    await this.#addUp();
  }

  async #note(progress: Progress & { readonly place: Place }): Promise<void> {
    await writeProgress(this.#progressFile, { ...progress, log: this.#log.id });
    this.#progress = progress;
  }
}

const placeText = (place: Place): string => Object.values(place).join(":");

const batchLine = ({ batch_id, anon_user_id, sha256, receipt, received_ms }: BatchHead): string =>
  JSON.stringify({ batch_id, anon_user_id, sha256, receipt, received_at: timeText(received_ms) });

const badLines = ({ refused, received_ms }: BatchHead): readonly string[] =>
  refused.map(({ reason, type, field, digest }) =>
    JSON.stringify({ received_at: timeText(received_ms), reason, event_type: type, field, digest }),
  );

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
