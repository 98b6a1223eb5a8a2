/**
 * Event logs: files of JSON Lines in `state/events/` that any tool may append to (`docs/guide/event-log.md`). Each line goes through the
 * firewall and is counted once, however the import ends; then its log is removed, so that nothing stays that retention cannot reach.
 *
 * A log is renamed, imported to its end, and removed once it has not grown for a second: a writer that had it open before the
 * rename has written by then. A crash at any step leaves a file that is imported again, and lines are known by their content and
 * place. A log whose last line is not finished is imported where it is.
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
import type { Clock } from "../clock.ts";
import { noFollow, readFlags } from "../files/ownership.ts";
import type { Connection } from "../store/driver/driver.ts";
import { readNumber } from "../store/state.ts";
import { type Leftover, Leftovers } from "./leftovers.ts";
import { importingName, isImporting, isLog, logName } from "./log-name.ts";
import { type Line, LogReader, type Step } from "./log-reader.ts";
import { positionsOf, writePosition } from "./positions.ts";

/** A renamed log is removed after so long without growing. Milliseconds. */
export const quietMs = 1_000;
/** A last line without its newline is not finished any more after so long. Milliseconds. */
const tornMs = 60_000;

/** What the lines of a step came to. */
export interface Imported {
  readonly stored: number;
  readonly repeated: number;
  readonly refused: number;
  /** Lie before the low watermark: they have expired or were purged. */
  readonly belowWatermark: number;
  /** Happened before the consent to record. */
  readonly beforeConsent: number;
  /** Lie too far ahead of the clock. */
  readonly ahead: number;
}

/** A file that could not be imported. */
export interface LogFault {
  readonly path: string;
  /** The file system's code, such as `EACCES`. */
  readonly code: string;
}

export const logFaultText = ({ path, code }: LogFault): string =>
  `${path} cannot be imported (${code}): the events in it are missing. nexus doctor says more.`;

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

/** Takes lines, and in the same transaction runs `also` with the lines that cannot be imported now. */
export type StoreEvents = (
  lines: readonly Line[],
  also: (connection: Connection, postponed: readonly Leftover[]) => void,
) => Imported;

export interface ImportOptions {
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  /** Tries the lines again that were not imported before. */
  readonly retryLeftovers?: boolean;
}

/** Every step that leaves something behind, in order; a crash may come after each. */
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

/** The sum of two imports. */
export function added(a: ImportReport, b: Partial<ImportReport>): ImportReport {
  const { faults, ...counts } = a;
  const sums = Object.entries(counts).map(([name, count]) => [name, count + (b[name as keyof typeof counts] ?? 0)]);
  return { ...a, ...Object.fromEntries(sums), faults: [...faults, ...(b.faults ?? [])] };
}

/** Runs a reading of the database; `undefined` where there is none. */
type Read = <T>(work: (connection: Connection) => T) => T | undefined;

interface Found {
  readonly logs: readonly Log[];
  readonly faults: readonly LogFault[];
}

/** The files of a folder that pass, by name, with their sizes. */
function filesIn(folder: string, requested: (name: string) => boolean): Found {
  if (!existsSync(folder)) return { logs: [], faults: [] };
  const logs: Log[] = [];
  const faults: LogFault[] = [];
  let path = folder;
  try {
    for (const name of readdirSync(folder).filter(requested).sort()) {
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
    // What a link leads to is not ours to move, and may be anybody's.
    if (stat?.isSymbolicLink() === true) return { path, code: "ELOOP" };
    return { isFile: stat?.isFile() === true, size: stat?.size ?? 0 };
  } catch (error) {
    return { path, code: codeOf(error) };
  }
}

/** Empties a file, never through a link. @throws the file system's error. */
function truncate(path: string): void {
  const file = openSync(path, constants.O_WRONLY | noFollow);
  try {
    ftruncateSync(file);
  } finally {
    closeSync(file);
  }
}

/** Milliseconds since a file was renamed or grew, by whichever clock stamped it: a clock that was put back counts as time. */
function restedMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Math.abs(Date.now() - Math.max(stat.ctimeMs, stat.mtimeMs));
}

/** Bytes by log that may not be imported yet. What cannot be read is reported by the import. */
export function unreadBytes(folder: string, nowMs: number): ReadonlyMap<string, number> {
  const left = filesIn(folder, isImporting).logs.filter(({ path }) => restedMs(path) >= quietMs);
  const logs = [...filesIn(folder, isLog).logs, ...left].map(({ path, size }) => [path, size] as const);
  const leftovers = new Leftovers(folder);
  // However few they are.
  return new Map(leftovers.isDue(nowMs) ? [...logs, [leftovers.folder, Number.POSITIVE_INFINITY]] : logs);
}

export class EventLogImporter {
  readonly #folder: string;
  readonly #take: StoreEvents;
  readonly #read: Read;
  readonly #clock: Clock;
  readonly #step: (step: ImportStep) => void;
  readonly leftovers: Leftovers;

  constructor(
    folder: string,
    take: StoreEvents,
    read: Read,
    clock: Clock,
    step: (step: ImportStep) => void = () => undefined,
  ) {
    this.#folder = folder;
    this.#take = take;
    this.#read = read;
    this.#clock = clock;
    this.#step = step;
    this.leftovers = new Leftovers(folder);
  }

  /**
   * Imports every log, in steps between which other requests are answered. A file that cannot be read or removed is reported and
   * stops nothing else.
   * @throws SQLite's error; what was imported until then is stored.
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

  /** Those that another import left first: their lines are the older ones. */
  #logs(): Found {
    const left = filesIn(this.#folder, isImporting);
    const found = filesIn(this.#folder, isLog);
    return { logs: [...left.logs, ...found.logs], faults: [...left.faults, ...found.faults] };
  }

  /** Removes what was kept beside the logs for as long as events are kept. */
  expire(oldestMs: number): void {
    this.leftovers.expire(oldestMs);
  }

  /** For a purge. Logs are emptied where they are: a writer that holds one open goes on at its beginning. */
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
      const taken = this.#takeLines(lines, (connection, leftovers) => {
        forbidPurged(connection, purge);
        keepOn(leftovers);
      });
      report = added(report, taken);
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
      // What is left of the log was purged meanwhile.
      if (error instanceof PurgedError) return {};
      if (error instanceof KeepError) return faultOf(this.leftovers.folder, error.cause);
      throw error;
    } finally {
      closeSync(file);
    }
    return isImporting(path) && report.faults.length === 0 ? added(report, this.#remove(path)) : report;
  }

  /**
   * Renames a log, so that what is appended from now on begins another one. Its old name, where its last line is not finished:
   * then it is imported without being removed. Nothing, where another process was faster, or the log cannot be renamed now.
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
      // Gone: another process has it. On Windows a writer may hold it open: the next run renames it.
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
    // In a log that was renamed nothing is finished any more, once it rests.
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
      const taken = this.#takeLines(lines, (connection, leftovers) => {
        forbidPurged(connection, purge);
        // Before the commit says that these lines are done with.
        this.#keep(leftovers);
        writePosition(connection, reader, step, this.#clock.nowMs());
      });
      report = added(report, { ...taken, bytes: to - from });
      await stepped(reader.position);
    }
  }

  /** `also` runs in the transaction of the events, with the lines that are not imported. */
  #takeLines(
    lines: readonly Line[],
    also: (connection: Connection, leftovers: readonly Leftover[]) => void,
  ): Partial<ImportReport> {
    const damaged = lines.filter(({ events }) => events === undefined);
    const taken = this.#take(lines, (connection, postponed) => {
      const leftovers = [
        ...damaged.map(({ place }): Leftover => ({ reason: "damaged", place, text: null })),
        ...postponed,
      ];
      also(connection, leftovers);
      if (leftovers.length > 0) this.#step("kept");
    });
    this.#step("committed");
    return { ...taken, lines: lines.length, malformed: damaged.length };
  }

  /** @throws KeepError, which ends the transaction: the log stays. */
  #keep(leftovers: readonly Leftover[]): void {
    try {
      this.leftovers.keep(leftovers, this.#clock.nowMs());
    } catch (error) {
      throw new KeepError("lines could not be kept", { cause: error });
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

  /** Whether a log has grown since it was read to its end. */
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

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "unknown";
}

/** A file that is gone is none: another process was faster. */
const faultOf = (path: string, error: unknown): Pick<ImportReport, "faults"> => ({
  faults: codeOf(error) === "ENOENT" ? [] : [{ path, code: codeOf(error) }],
});

/** The lines that cannot be imported could not be written down. */
class KeepError extends Error {
  override readonly name = "KeepError";
}

/** Everything was deleted since the import began, the rest of its log among it. */
class PurgedError extends Error {
  override readonly name = "PurgedError";
}

/** Changes with each purge. */
const purgeOf = (connection: Connection): number => readNumber(connection, "purge_mark");

/** @throws PurgedError, which ends the transaction. */
function forbidPurged(connection: Connection, purge: number | undefined): void {
  if (purgeOf(connection) !== (purge ?? 0)) throw new PurgedError("purged during the import");
}
