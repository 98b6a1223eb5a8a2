/**
 * The worker's interface to the database. Opens it on first use, closes it after an error so that
 * the next attempt recovers, and quarantines a file found corrupt in use at the next opening.
 * Reading never creates files.
 */
import { existsSync, rmSync } from "node:fs";
import type { Message } from "../../shared/protocol/message.ts";
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
import { type Erased, type ErasePlan, type EraseSelection, eraseRows, idsOf, planErasure, scrub } from "./erase.ts";
import { type EraseCheck, findErasedIds, NotErasedError } from "./erase-check.ts";
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
import { effectiveConsentMs, loweredTo, raiseWatermark, recordFall } from "./low-watermark.ts";
import { isCurrent, schemaVersion, versionOf } from "./migrations/migrate.ts";
import type { Limits } from "./retention.ts";
import { isCorrupt } from "./storage-errors.ts";

/** State outside the database that survives a purge and the loss of the database. */
export interface Lasting {
  /** Returns the low watermark in milliseconds since 1970; 0: none. */
  watermark(): number;
  /** Called when the clock is found to be before the watermark. */
  lowerWatermark(watermarkMs: number): void;
  /** Returns this installation's ID; `null` if it has none yet. */
  installation(): string | null;
  /** Returns whether a file is inside this installation's folder. */
  owns(file: string): boolean;
}

const noLastingState: Lasting = {
  watermark: () => 0,
  lowerWatermark: () => undefined,
  installation: () => null,
  owns: () => true,
};

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
  scrub(connection, selection);
  return { ...erased, ids };
}

export class Store {
  readonly #product: ProductInfo;
  readonly #clock: Clock;
  readonly #lasting: Lasting;
  #file: string;
  #connection: Connection | undefined;
  #inode: number | undefined;
  #quarantined: string | undefined;
  #corruptInode: number | undefined;

  constructor(file: string, product: ProductInfo, clock: Clock, lasting: Lasting = noLastingState) {
    this.#file = file;
    this.#lasting = lasting;
    this.#product = product;
    this.#clock = clock;
  }

  get file(): string {
    return this.#file;
  }

  /** How long a statement waits for another process. Takes effect at the next opening. */
  waitMs: number | undefined;

  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  /** Called whenever the configuration moves the database. */
  selectFile(file: string): void {
    if (file === this.#file) return;
    this.close();
    this.#file = file;
  }

  /** Path of the database that this worker quarantined. */
  get quarantined(): string | undefined {
    return this.#quarantined;
  }

  /**
   * Stores events. `withPlatform`: whether new sessions may contain platform fields. `also` writes
   * in the same transaction. @throws the file system's or SQLite's error; then nothing is stored.
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
    const result = write();
    // If the file was deleted or replaced in the meantime, write again into the new one.
    return this.#isMoved() ? write() : result;
  }

  /** Reads the database; returns `undefined` if there is none. Creates nothing. */
  read<T>(work: (connection: Connection) => T): T | undefined {
    if (this.#connection !== undefined) return this.#use(work);
    const connection = openForReading(this.#file);
    if (connection === undefined) return undefined;
    try {
      // A database that another process is creating has no tables yet.
      const hasTables = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'events'").get() !== undefined;
      if (!hasTables) return undefined;
      // An older database is migrated first; a newer one is rejected, below.
      if (isCurrent(connection)) {
        this.#refuseForeign(connection);
        return work(connection);
      }
    } finally {
      connection.close();
    }
    return this.#use(work);
  }

  /** Runs `work` with the database, which is created if missing. */
  withDatabase<T>(work: (connection: Connection) => T): T {
    return this.#use(work);
  }

  /** Runs `work` on an existing database; returns `undefined` if there is none. Creates nothing. */
  withExistingDatabase<T>(work: (connection: Connection) => T): T | undefined {
    // Without the main file, a rest such as the WAL is no database: its folder is being deleted.
    return existsSync(this.#file) && databaseSize(this.#file) > 0 ? this.#use(work) : undefined;
  }

  /**
   * Returns when consent takes effect, in milliseconds since 1970. Consent dated in the future
   * comes from a wrong clock: it takes effect when it was first seen.
   */
  consentedMs(decidedMs: number): number {
    const nowMs = this.#clock.nowMs();
    if (decidedMs <= nowMs || decidedMs === Number.POSITIVE_INFINITY) return decidedMs;
    return this.#use((connection) => immediately(connection, () => effectiveConsentMs(connection, decidedMs, nowMs)));
  }

  totals(): (Totals & { sizeBytes: number; driver: string }) | undefined {
    return this.read((connection) => ({
      ...totals(connection),
      sizeBytes: databaseSize(this.#file),
      driver:
        currentJournalMode(this.#file) === "WAL"
          ? connection.driver
          : `${connection.driver}, without WAL (network file system)`,
    }));
  }

  /** Returns notes about the database for status and `doctor`, as sentences. */
  notes(limits: Limits): readonly Message[] {
    const nowMs = this.#clock.nowMs();
    const notes = this.read((connection) => storeNotes(connection, limits, nowMs)) ?? [];
    return [...quarantineNotes(quarantinedFiles(this.#file)), ...notes];
  }

  /**
   * Erases and verifies the erasure. Creates nothing, and resumes an interrupted erasure when
   * repeated. `also` deletes more in the same transaction.
   * @throws BusyReaderError while another process reads; NotErasedError if erased IDs are found.
   */
  erase(
    selection: EraseSelection = { by: "all" },
    also?: InSameTransaction,
  ): Erased & EraseCheck & { freedBytes: number } {
    const size = () => databaseSize(this.#file) + sizeOf(quarantinedFiles(this.#file));
    const before = size();
    // A corrupt file is quarantined when it is opened, and deleted below.
    const exists = databaseSize(this.#file) > 0;
    const { ids, ...erased } = exists
      ? this.#use((connection) => eraseWith(connection, selection, this.#clock.nowMs(), also))
      : nothingErased;
    for (const file of quarantinedFiles(this.#file)) rmSync(file);
    this.#quarantined = undefined;
    const check = findErasedIds(databaseFiles(this.#file), ids);
    if (check.found > 0)
      throw new NotErasedError(`${check.found} of ${check.searched} erased IDs are still in the files`);
    return { ...erased, ...check, freedBytes: Math.max(0, before - size()) };
  }

  /** Returns what an erasure would delete; `undefined` without a database. Creates nothing. */
  planErasure(selection: EraseSelection): ErasePlan | undefined {
    return this.read((connection) => planErasure(connection, selection, databaseSize(this.#file)));
  }

  close(): void {
    // Do not remove the opener entry from a file that replaced ours.
    if (this.#isMoved()) this.#connection?.close();
    else if (this.#connection !== undefined) closeDatabase(this.#connection);
    this.#connection = undefined;
  }

  /** Returns whether the open file was deleted or replaced under its path. */
  #isMoved(): boolean {
    return this.#connection !== undefined && inodeOf(this.#file) !== this.#inode;
  }

  #use<T>(work: (connection: Connection) => T): T {
    try {
      if (this.#isMoved()) this.close();
      this.#connection ??= this.#open();
      return work(this.#connection);
    } catch (error) {
      if (isCorrupt(error)) this.#corruptInode = this.#inode;
      this.close();
      throw error;
    }
  }

  #open(): Connection {
    this.#refuseForeignFile();
    const {
      connection,
      inode,
      quarantined: setAside,
    } = openDatabase(this.#file, this.#clock, this.#corruptInode, this.waitMs);
    this.#corruptInode = undefined;
    this.#quarantined = setAside ?? this.#quarantined;
    this.#inode = inode;
    this.#bind(connection);
    const savedMs = this.#lasting.watermark();
    const nowMs = this.#clock.nowMs();
    const watermarkMs = loweredTo(savedMs, nowMs);
    if (watermarkMs !== savedMs) this.#lasting.lowerWatermark(watermarkMs);
    if (watermarkMs > 0 || savedMs > 0)
      immediately(connection, () => {
        if (watermarkMs !== savedMs) recordFall(connection, nowMs);
        raiseWatermark(connection, watermarkMs);
      });
    return connection;
  }

  /** Binds the database to this installation. */
  #bind(connection: Connection): void {
    const installation = this.#lasting.installation();
    if (installation !== null && ownerOf(connection) !== installation)
      immediately(connection, () => setOwner(connection, installation));
  }

  /** Rejects another installation's file before opening it. @throws ForeignDatabaseError */
  #refuseForeignFile(): void {
    if (this.#lasting.owns(this.#file)) return;
    const connection = openForReading(this.#file);
    if (connection === undefined) return;
    try {
      if (versionOf(connection) === schemaVersion) this.#refuseForeign(connection);
    } catch (error) {
      // A corrupt file is quarantined when it is opened for writing.
      if (!isCorrupt(error)) throw error;
    } finally {
      connection.close();
    }
  }

  /** A database in this installation's folder is always accepted. @throws ForeignDatabaseError */
  #refuseForeign(connection: Connection): void {
    const owner = ownerOf(connection);
    if (owner === undefined || owner === this.#lasting.installation() || this.#lasting.owns(this.#file)) return;
    throw new ForeignDatabaseError("the database belongs to another installation");
  }
}
