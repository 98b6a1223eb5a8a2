/**
 * The store as the worker sees it: opened when first needed, closed after an error so that the next attempt begins
 * afresh and heals by itself, and a file found unsound while in use is set aside at the next opening.
 */
import { rmSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExportFormat } from "../../shared/protocol/worker.ts";
import type { Clock } from "../clock.ts";
import type { CleanEvent } from "../privacy/clean-event.ts";
import {
  closeDatabase,
  databaseFiles,
  databaseSize,
  inodeOf,
  openDatabase,
  openForReading,
  quarantinedFiles,
  sizeOf,
} from "./database.ts";
import { ForeignDatabaseError, ownerOf, setOwner } from "./database-owner.ts";
import { type Connection, immediately } from "./driver/driver.ts";
import { currentJournalMode } from "./driver/journal-mode.ts";
import { type Erased, type EraseSelection, eraseRows, idsOf, scrub } from "./erase.ts";
import { type EraseCheck, findErasedIds, NotErasedError } from "./erase-check.ts";
import { readAfter } from "./events/read.ts";
import {
  type ProductInfo,
  type ShareConsent,
  type Totals,
  totals,
  type WriteResult,
  withoutPlatform,
  writeEvents,
} from "./events/write.ts";
import { quarantineNotes, storeNotes } from "./health.ts";
import { consentSeen, loweredTo, raiseWatermark, recordFall } from "./low-watermark.ts";
import { isCurrent, schemaVersion, versionOf } from "./migrations/migrate.ts";
import type { Limits } from "./retention.ts";
import { isCorrupt } from "./storage-errors.ts";

/** What outlives a purge and a lost database. */
export interface Lasting {
  /** The low watermark. Milliseconds since 1970; 0: none. */
  watermark(): number;
  /** A right clock was found before the watermark. */
  lowerWatermark(watermarkMs: number): void;
  /** Which installation a database is used by; `null` where it has no name yet. */
  installation(): string | null;
  /** Whether a file is this installation's by the place where it lies. */
  owns(file: string): boolean;
}

const nothingLasting: Lasting = {
  watermark: () => 0,
  lowerWatermark: () => undefined,
  installation: () => null,
  owns: () => true,
};

/** Somebody who watches something long. */
export interface ExportOptions {
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

interface Exported {
  readonly events: number;
  readonly sizeBytes: number;
}

/** Events of one step of an export: some milliseconds. */
const eventsPerStep = 500;

function lastKey(connection: Connection): { readonly last: number; readonly total: number } {
  const row = connection.prepare("SELECT max(id) last, count(*) total FROM events").get();
  return { last: Number(row?.["last"] ?? 0), total: Number(row?.["total"] ?? 0) };
}

const nothingErased: Erased & { readonly ids: readonly string[] } = { events: 0, sessions: 0, ids: [] };

type InSameTransaction = (connection: Connection) => void;

function eraseWith(
  connection: Connection,
  selection: EraseSelection,
  nowMs: number,
  also?: InSameTransaction,
): typeof nothingErased {
  const ids = idsOf(connection, selection);
  const erased = eraseRows(connection, selection, nowMs, also);
  scrub(connection);
  return { ...erased, ids };
}

export class Store {
  readonly #product: ProductInfo;
  readonly #clock: Clock;
  readonly #lasting: Lasting;
  #file: string;
  #connection: Connection | undefined;
  #inode: number | undefined;
  #setAside: string | undefined;
  #unsound: number | undefined;

  constructor(file: string, product: ProductInfo, clock: Clock, lasting: Lasting = nothingLasting) {
    this.#file = file;
    this.#lasting = lasting;
    this.#product = product;
    this.#clock = clock;
  }

  get file(): string {
    return this.#file;
  }

  /** How long a statement waits for another process, from the next opening on. Milliseconds. */
  waitMs: number | undefined;

  /** Whether it is open for writing. */
  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  /** The configuration may move the database while the worker runs. */
  selectFile(file: string): void {
    if (file === this.#file) return;
    this.close();
    this.#file = file;
  }

  /** The dated name under which this worker put an unsound database. */
  get quarantined(): string | undefined {
    return this.#setAside;
  }

  /**
   * `withPlatform`: whether a new session may say on what it runs. `also`: what is written in the same transaction.
   * @throws the file system's or SQLite's error, with nothing stored.
   */
  write(
    events: readonly CleanEvent[],
    withPlatform = true,
    share?: ShareConsent,
    also?: InSameTransaction,
  ): WriteResult {
    const product = withPlatform ? this.#product : withoutPlatform(this.#product);
    const writing = { product, nowMs: this.#clock.nowMs(), share, also };
    const write = () => this.#use((connection) => writeEvents(connection, events, writing));
    const written = write();
    // Stored in a file that somebody has removed meanwhile is not stored: once more, into a new one.
    return this.#isMoved() ? write() : written;
  }

  /** Reads what is there; `undefined` where nothing is. Creates nothing. */
  read<T>(work: (connection: Connection) => T): T | undefined {
    if (this.#connection !== undefined) return this.#use(work);
    const reading = openForReading(this.#file);
    if (reading === undefined) return undefined;
    try {
      // A database that another process is just making has no tables yet.
      const hasTables = reading.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'events'").get() !== undefined;
      if (!hasTables) return undefined;
      // An older one is brought up to date first; of a newer one nothing is known.
      if (isCurrent(reading)) {
        this.#refuseForeign(reading);
        return work(reading);
      }
    } finally {
      reading.close();
    }
    return this.#use(work);
  }

  /** Works with the database, which is made where there is none. */
  withDatabase<T>(work: (connection: Connection) => T): T {
    return this.#use(work);
  }

  /** Changes what is there; `undefined` where nothing is. Creates nothing. */
  withExistingDatabase<T>(work: (connection: Connection) => T): T | undefined {
    return databaseSize(this.#file) === 0 ? undefined : this.#use(work);
  }

  /**
   * From when a consent counts. One that is dated in the future was given by a wrong clock: it counts from when that was first
   * noticed. Milliseconds since 1970.
   */
  consentedMs(decidedMs: number): number {
    const nowMs = this.#clock.nowMs();
    if (decidedMs <= nowMs || decidedMs === Number.POSITIVE_INFINITY) return decidedMs;
    return this.#use((connection) => immediately(connection, () => consentSeen(connection, decidedMs, nowMs)));
  }

  totals(): (Totals & { sizeBytes: number; driver: string }) | undefined {
    return this.read((connection) => ({
      ...totals(connection),
      sizeBytes: databaseSize(this.#file),
      driver:
        currentJournalMode(this.#file) === "WAL" ? connection.driver : `${connection.driver}, on a network without WAL`,
    }));
  }

  /** What the database reports about itself, as sentences. */
  notes(limits: Limits): readonly string[] {
    const nowMs = this.#clock.nowMs();
    const own = this.read((connection) => storeNotes(connection, limits, nowMs)) ?? [];
    return [...quarantineNotes(quarantinedFiles(this.#file)), ...own];
  }

  /**
   * Exports everything that is stored by now, in steps between which other requests are answered. `progress` hears how
   * many of how many events are written.
   * @throws the file system's or SQLite's error, leaving an existing file as it was; the reason of `signal` where that stops it.
   */
  async export(
    path: string,
    format: ExportFormat = "json",
    { progress, signal }: ExportOptions = {},
  ): Promise<Exported> {
    const { last, total } = this.read(lastKey) ?? { last: 0, total: 0 };
    // Its library is loaded only then.
    const { ExportFile } = await import("./export.ts");
    const file = new ExportFile(path, format);
    // At once: the process may be about to end.
    const stop = () => file.abandon();
    signal?.addEventListener("abort", stop);
    try {
      let after = 0;
      while (after < last) {
        const events = this.read((connection) => readAfter(connection, after, eventsPerStep, last)) ?? [];
        if (events.length === 0) break;
        file.add(events);
        after = events.at(-1)?.key ?? last;
        progress?.(file.events, total);
        await nextTurn();
        signal?.throwIfAborted();
      }
      return file.finish();
    } catch (error) {
      file.abandon();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Erases, and searches the files for what was erased. Nothing is created where nothing is. Done again, it goes on where
   * it was interrupted. `also` deletes more in the same transaction.
   * @throws BusyReaderError while another process reads; NotErasedError where something is left.
   */
  erase(
    selection: EraseSelection = { by: "all" },
    also?: InSameTransaction,
  ): Erased & EraseCheck & { freedBytes: number } {
    const size = () => databaseSize(this.#file) + sizeOf(quarantinedFiles(this.#file));
    const before = size();
    // A file found unsound is set aside by its opening, and deleted with those before it.
    const there = databaseSize(this.#file) > 0;
    const { ids, ...erased } = there
      ? this.#use((connection) => eraseWith(connection, selection, this.#clock.nowMs(), also))
      : nothingErased;
    for (const file of quarantinedFiles(this.#file)) rmSync(file);
    this.#setAside = undefined;
    const proof = findErasedIds(databaseFiles(this.#file), ids);
    if (proof.found > 0) throw new NotErasedError(`${proof.found} of ${proof.searched} erased ids are still in a file`);
    return { ...erased, ...proof, freedBytes: Math.max(0, before - size()) };
  }

  close(): void {
    // Into a file that is no longer the one under its name nothing is noted.
    if (this.#isMoved()) this.#connection?.close();
    else if (this.#connection !== undefined) closeDatabase(this.#connection);
    this.#connection = undefined;
  }

  /** Whether the file that is open is no longer the one under its name. */
  #isMoved(): boolean {
    return this.#connection !== undefined && inodeOf(this.#file) !== this.#inode;
  }

  #use<T>(work: (connection: Connection) => T): T {
    try {
      if (this.#isMoved()) this.close();
      this.#connection ??= this.#open();
      return work(this.#connection);
    } catch (error) {
      if (isCorrupt(error)) this.#unsound = this.#inode;
      this.close();
      throw error;
    }
  }

  #open(): Connection {
    this.#refuseForeignFile();
    const { connection, inode, setAside } = openDatabase(this.#file, this.#clock, this.#unsound, this.waitMs);
    this.#unsound = undefined;
    this.#setAside = setAside ?? this.#setAside;
    this.#inode = inode;
    this.#adopt(connection);
    const kept = this.#lasting.watermark();
    const nowMs = this.#clock.nowMs();
    const watermarkMs = loweredTo(kept, nowMs);
    if (watermarkMs !== kept) this.#lasting.lowerWatermark(watermarkMs);
    if (watermarkMs > 0 || kept > 0)
      immediately(connection, () => {
        if (watermarkMs !== kept) recordFall(connection, nowMs);
        raiseWatermark(connection, watermarkMs);
      });
    return connection;
  }

  /** Makes a database this installation's. */
  #adopt(connection: Connection): void {
    const installation = this.#lasting.installation();
    if (installation !== null && ownerOf(connection) !== installation)
      immediately(connection, () => setOwner(connection, installation));
  }

  /** Before it is opened for writing: another installation's is left as it is. @throws ForeignDatabaseError */
  #refuseForeignFile(): void {
    if (this.#lasting.owns(this.#file)) return;
    const reading = openForReading(this.#file);
    if (reading === undefined) return;
    try {
      if (versionOf(reading) === schemaVersion) this.#refuseForeign(reading);
    } catch (error) {
      // What is no sound database is set aside by its opening.
      if (!isCorrupt(error)) throw error;
    } finally {
      reading.close();
    }
  }

  /** A database in this installation's own place is its own, whatever it says. @throws ForeignDatabaseError */
  #refuseForeign(connection: Connection): void {
    const owner = ownerOf(connection);
    if (owner === undefined || owner === this.#lasting.installation() || this.#lasting.owns(this.#file)) return;
    throw new ForeignDatabaseError("the database belongs to another installation");
  }
}
