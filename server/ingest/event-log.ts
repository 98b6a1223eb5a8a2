/**
 * Imports event logs: JSON Lines files in `state/events/` that any tool can append to
 * (`docs/guide/event-log.md`). Each line passes the firewall and is counted once, also after a
 * crash. Imported logs are removed, so that no event outlives data retention.
 *
 * A log is renamed, imported to its end, and removed after a second without growth: by then a
 * writer that opened it before the rename has finished. After a crash the file is imported again,
 * and lines are identified by content and position. A log with an unfinished last line is imported
 * in place.
 */

import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Message, message } from "../../shared/protocol/message.ts";
import { errorCode } from "../../shared/text/error-code.ts";
import type { Clock } from "../clock.ts";
import { noFollow, readFlags } from "../files/ownership.ts";
import type { Connection } from "../store/driver/driver.ts";
import { readNumber } from "../store/state.ts";
import { type Leftover, Leftovers } from "./leftovers.ts";
import { importingName, isImporting, isLog, logName } from "./log-name.ts";
import { type Line, LogReader, type Step } from "./log-reader.ts";
import { positionsOf, writePosition } from "./positions.ts";

/** A renamed log is removed after this time without growth. Milliseconds. */
export const quietMs = 1_000;
/** After this time a last line without a newline counts as truncated. Milliseconds. */
const tornMs = 60_000;

/** Number of events of a step by result. */
export interface Imported {
  readonly stored: number;
  readonly repeated: number;
  readonly refused: number;
  /** Dated before the low watermark: expired or purged. */
  readonly belowWatermark: number;
  /** Dated before the consent to record. */
  readonly beforeConsent: number;
  /** Dated too far in the future. */
  readonly ahead: number;
}

/** A file that could not be imported. */
export interface LogFault {
  readonly path: string;
  /** File system error code, such as `EACCES`. */
  readonly code: string;
}

export const logFaultMessage = ({ path, code }: LogFault): Message =>
  message("{path} cannot be imported ({code}). Its events are missing. Run nexus doctor for details.", { path, code });

export interface ImportReport extends Imported {
  readonly files: number;
  readonly lines: number;
  /** Lines that are not a JSON object, or too long. */
  readonly malformed: number;
  readonly bytes: number;
  readonly faults: readonly LogFault[];
  /** Imported logs that are not removed yet, because they may still grow. */
  readonly unremoved: number;
}

/** Stores lines; runs `also` in the same transaction with the lines that cannot be imported now. */
export type StoreEvents = (
  lines: readonly Line[],
  also: (connection: Connection, postponed: readonly Leftover[]) => void,
) => Imported;

export interface ImportOptions {
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  /** Retries all lines that were not imported before. */
  readonly retryLeftovers?: boolean;
}

/** The steps that change files or the database, in order; crash tests stop after each. */
export const importSteps = ["renamed", "kept", "committed", "removed"] as const;
export type ImportStep = (typeof importSteps)[number];

interface Log {
  readonly path: string;
  readonly size: number;
}

const nothing: ImportReport = {
  files: 0,
  lines: 0,
  malformed: 0,
  bytes: 0,
  stored: 0,
  repeated: 0,
  refused: 0,
  belowWatermark: 0,
  beforeConsent: 0,
  ahead: 0,
  faults: [],
  unremoved: 0,
};

/** Returns the sum of two reports. */
export function added(a: ImportReport, b: Partial<ImportReport>): ImportReport {
  const { faults, ...counts } = a;
  const sums = Object.entries(counts).map(([name, count]) => [name, count + (b[name as keyof typeof counts] ?? 0)]);
  return { ...a, ...Object.fromEntries(sums), faults: [...faults, ...(b.faults ?? [])] };
}

/** Runs a read of the database; returns `undefined` if there is none. */
type Read = <T>(work: (connection: Connection) => T) => T | undefined;

interface Found {
  readonly logs: readonly Log[];
  readonly faults: readonly LogFault[];
}

/** Returns the matching files of a folder, sorted by name. */
function filesIn(folder: string, matches: (name: string) => boolean): Found {
  if (!existsSync(folder)) return { logs: [], faults: [] };
  const logs: Log[] = [];
  const faults: LogFault[] = [];
  let path = folder;
  try {
    for (const name of readdirSync(folder).filter(matches).sort()) {
      path = join(folder, name);
      const stat = statOf(path);
      if ("code" in stat) faults.push(stat);
      else if (stat.isFile) logs.push({ path, size: stat.size });
    }
  } catch (error) {
    faults.push({ path, code: codeOf(error) });
  }
  return { logs, faults };
}

function statOf(path: string): LogFault | { readonly isFile: boolean; readonly size: number } {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    // The target of a link may belong to another program or user: do not move it.
    if (stat?.isSymbolicLink() === true) return { path, code: "ELOOP" };
    return { isFile: stat?.isFile() === true, size: stat?.size ?? 0 };
  } catch (error) {
    return { path, code: codeOf(error) };
  }
}

/** Truncates a file, never through a link. @throws the file system's error. */
function truncate(path: string): void {
  const file = openSync(path, constants.O_WRONLY | noFollow);
  try {
    ftruncateSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Returns the milliseconds since a file was renamed or grew. The absolute value covers a clock set
 * back.
 */
function restedMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Math.abs(Date.now() - Math.max(stat.ctimeMs, stat.mtimeMs));
}

/**
 * Returns the bytes per log that may not be imported yet. Unreadable files are reported by the
 * import.
 */
export function unreadBytes(folder: string, nowMs: number): ReadonlyMap<string, number> {
  const interrupted = filesIn(folder, isImporting).logs.filter(({ path }) => restedMs(path) >= quietMs);
  const logs = [...filesIn(folder, isLog).logs, ...interrupted].map(({ path, size }) => [path, size] as const);
  const leftovers = new Leftovers(folder);
  // Due leftovers trigger an import regardless of their size.
  return new Map(leftovers.isDue(nowMs) ? [...logs, [leftovers.folder, Number.POSITIVE_INFINITY]] : logs);
}

export class EventLogImporter {
  readonly #folder: string;
  readonly #store: StoreEvents;
  readonly #read: Read;
  readonly #clock: Clock;
  readonly #step: (step: ImportStep) => void;
  readonly leftovers: Leftovers;

  constructor(
    folder: string,
    store: StoreEvents,
    read: Read,
    clock: Clock,
    step: (step: ImportStep) => void = () => undefined,
  ) {
    this.#folder = folder;
    this.#store = store;
    this.#read = read;
    this.#clock = clock;
    this.#step = step;
    this.leftovers = new Leftovers(folder);
  }

  /**
   * Imports every log, in steps so that other requests are answered in between. A file that cannot
   * be read or removed is reported; the others are imported.
   * @throws SQLite's error; the steps before it stay stored.
   */
  async import({ progress, signal, retryLeftovers = false }: ImportOptions = {}): Promise<ImportReport> {
    let report = nothing;
    const step = async () => {
      await nextTurn();
      signal?.throwIfAborted();
    };
    const purge = this.#read(purgeOf);
    const requested = retryLeftovers ? "all" : this.leftovers.isDue(this.#clock.nowMs()) ? "due" : undefined;
    if (requested !== undefined) report = added(report, await this.#retry(requested, purge, step));
    const { logs, faults } = this.#logs();
    report = added(report, { faults });
    const total = logs.reduce((sum, { size }) => sum + size, 0);
    let before = 0;
    for (const { path, size } of logs) {
      const base = before;
      const stepped = async (position: number) => {
        progress?.(base + Math.min(position, size), total);
        await step();
      };
      report = added(report, await this.#importLog(path, purge, stepped));
      before += size;
    }
    return report;
  }

  /** Returns logs of an interrupted import first: their lines are older. */
  #logs(): Found {
    const interrupted = filesIn(this.#folder, isImporting);
    const found = filesIn(this.#folder, isLog);
    return { logs: [...interrupted.logs, ...found.logs], faults: [...interrupted.faults, ...found.faults] };
  }

  /** Removes leftovers that happened before a moment. */
  expire(oldestMs: number): void {
    this.leftovers.expire(oldestMs);
  }

  /** Empties the logs for a purge. Truncates in place, because a writer may have a log open. */
  empty(): void {
    for (const { path } of filesIn(this.#folder, isLog).logs) truncate(path);
    for (const { path } of filesIn(this.#folder, isImporting).logs) rmSync(path, { force: true });
    this.leftovers.empty();
  }

  async #retry(
    requested: "all" | "due",
    purge: number | undefined,
    step: () => Promise<void>,
  ): Promise<Partial<ImportReport>> {
    let report: ImportReport = nothing;
    await this.leftovers.retry(requested, this.#clock.nowMs(), async (lines, keepOn) => {
      const result = this.#storeLines(lines, (connection, leftovers) => {
        forbidPurged(connection, purge);
        keepOn(leftovers);
      });
      report = added(report, result);
      await step();
    });
    return report;
  }

  async #importLog(
    path: string,
    purge: number | undefined,
    stepped: (position: number) => Promise<void>,
  ): Promise<Partial<ImportReport>> {
    let file: number;
    try {
      const claimed = this.#claim(path);
      if (claimed === undefined) return {};
      path = claimed;
      file = openSync(path, readFlags);
    } catch (error) {
      return faultOf(path, error);
    }
    let report: ImportReport;
    try {
      report = await this.#importFile(file, path, purge, stepped);
    } catch (error) {
      // The rest of the log was purged in the meantime.
      if (error instanceof PurgedError) return {};
      if (error instanceof KeepError) return faultOf(this.leftovers.folder, error.cause);
      throw error;
    } finally {
      closeSync(file);
    }
    return isImporting(path) && report.faults.length === 0 ? added(report, this.#remove(path)) : report;
  }

  /**
   * Renames a log, so that later appends create a new one. Returns its new path; its old path if
   * the last line is unfinished (then it is imported but not removed); `undefined` if another
   * process claimed it or it cannot be renamed now.
   */
  #claim(path: string): string | undefined {
    if (isImporting(path)) return path;
    const file = openSync(path, readFlags);
    try {
      const reader = new LogReader(file, logName(path));
      if (reader.size === 0) return undefined;
      if (!reader.endsLine && restedMs(path) < tornMs) return path;
    } finally {
      closeSync(file);
    }
    const target = importingName(path);
    try {
      renameSync(path, target);
    } catch (error) {
      const code = codeOf(error);
      // ENOENT: another process claimed it. On Windows a writer may have it open: the next run
      // renames it.
      if (code === "ENOENT" || (process.platform === "win32" && /^E(BUSY|PERM|ACCES)$/.test(code))) return undefined;
      throw error;
    }
    this.#step("renamed");
    return target;
  }

  async #importFile(
    file: number,
    path: string,
    purge: number | undefined,
    stepped: (position: number) => Promise<void>,
  ): Promise<ImportReport> {
    let report = added(nothing, { files: 1 });
    const reader = new LogReader(file, logName(path));
    // Nothing is appended to a renamed log after the quiet period: its last line is final.
    const takeRest = () => (isImporting(path) ? restedMs(path) >= quietMs : false);
    for (;;) {
      const known = this.#read((connection) => positionsOf(connection, reader)) ?? [];
      for (const { position, digest } of known) reader.skipTo(position, digest);
      let step: Step | undefined;
      try {
        step = reader.next(takeRest());
      } catch (error) {
        return added(report, faultOf(path, error));
      }
      if (step === undefined) return report;
      const { lines, from, to } = step;
      const result = this.#storeLines(lines, (connection, leftovers) => {
        forbidPurged(connection, purge);
        // Before the commit that advances the position past these lines.
        this.#keep(leftovers);
        writePosition(connection, reader, step, this.#clock.nowMs());
      });
      report = added(report, { ...result, bytes: to - from });
      await stepped(reader.position);
    }
  }

  /** Stores lines; `also` runs in the same transaction with the lines that are not imported. */
  #storeLines(
    lines: readonly Line[],
    also: (connection: Connection, leftovers: readonly Leftover[]) => void,
  ): Partial<ImportReport> {
    const damaged = lines.filter(({ events }) => events === undefined);
    const result = this.#store(lines, (connection, postponed) => {
      const leftovers = [
        ...damaged.map(({ place }): Leftover => ({ reason: "damaged", place, text: null })),
        ...postponed,
      ];
      also(connection, leftovers);
      if (leftovers.length > 0) this.#step("kept");
    });
    this.#step("committed");
    return { ...result, lines: lines.length, malformed: damaged.length };
  }

  /** Stores leftovers. @throws KeepError, which rolls the transaction back: the log stays. */
  #keep(leftovers: readonly Leftover[]): void {
    try {
      this.leftovers.keep(leftovers, this.#clock.nowMs());
    } catch (error) {
      throw new KeepError("leftovers not written", { cause: error });
    }
  }

  /** Removes an imported log, unless it may still grow. */
  #remove(path: string): Partial<ImportReport> {
    try {
      if (restedMs(path) < quietMs || this.#isBehind(path)) return { unremoved: 1 };
      rmSync(path, { force: true });
      this.#step("removed");
      return {};
    } catch (error) {
      return faultOf(path, error);
    }
  }

  /** Returns whether a log has grown since it was read to its end. */
  #isBehind(path: string): boolean {
    const file = openSync(path, readFlags);
    try {
      const reader = new LogReader(file, logName(path));
      const known = this.#read((connection) => positionsOf(connection, reader)) ?? [];
      return reader.size > Math.max(0, ...known.map(({ position }) => position));
    } finally {
      closeSync(file);
    }
  }
}

const codeOf = (error: unknown): string => errorCode(error) ?? "unknown";

/**
 * Returns the fault of a file; a missing file is not one, because another process may have imported
 * it.
 */
const faultOf = (path: string, error: unknown): Pick<ImportReport, "faults"> => ({
  faults: codeOf(error) === "ENOENT" ? [] : [{ path, code: codeOf(error) }],
});

/** Lines that cannot be imported could not be written to the leftovers. */
class KeepError extends Error {
  override readonly name = "KeepError";
}

/** A purge ran since the import started and deleted the rest of the log. */
class PurgedError extends Error {
  override readonly name = "PurgedError";
}

/** Returns a value that changes with each purge. */
const purgeOf = (connection: Connection): number => readNumber(connection, "purge_mark");

/** @throws PurgedError, which rolls the transaction back. */
function forbidPurged(connection: Connection, purge: number | undefined): void {
  if (purgeOf(connection) !== (purge ?? 0)) throw new PurgedError("purged during the import");
}
