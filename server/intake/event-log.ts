/**
 * Event logs: files of JSON Lines in `state/events/` that any tool may append to (`docs/event-log.md`). Each line goes through the
 * firewall, and what comes of it is stored together with how far the file was read: exactly once, however the reading ends.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Raw, sealRaw } from "../../shared/raw.ts";
import type { Connection } from "../store/driver.ts";
import { hookLine } from "./hooks/hook-line.ts";

/** Bytes read at a time, and the longest line that is taken. */
const blockBytes = 1_048_576;
export const longestLine = 65_536;
/** Lines of one transaction. */
const linesPerStep = 4_000;

const newline = 10;

/** What the lines of a step came to. */
export interface Imported {
  readonly stored: number;
  readonly repeated: number;
  readonly refused: number;
  /** Happened before the consent to record: not taken. */
  readonly earlier: number;
}

export interface ImportReport extends Imported {
  readonly files: number;
  readonly lines: number;
  /** Lines that are no JSON object, or too long. */
  readonly malformed: number;
  readonly bytes: number;
}

/** Takes raw events, and in the same transaction runs `also`. */
export type Take = (events: readonly Raw[], also: (connection: Connection) => void) => Imported;

export interface ImportWatch {
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Another process has read on meanwhile. */
class PositionMovedError extends Error {
  override readonly name = "PositionMovedError";
}

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
  earlier: 0,
};

/** Runs a reading of the database; `undefined` where there is none. */
type Read = <T>(work: (connection: Connection) => T) => T | undefined;

/** The logs that are there, by name. */
function listLogs(folder: string): readonly Log[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat?.isFile() === true ? [{ path, size: stat.size }] : [];
    });
}

/** Where the last reading ended; from the beginning where the file has become shorter than that. */
function positionOf(read: Read, identity: string, size: number): number {
  const row = read((connection) => connection.prepare("SELECT position FROM imports WHERE file = ?").get(identity));
  const position = Number(row?.["position"] ?? 0);
  return position > size ? 0 : position;
}

/** Bytes by log that were not read yet: whole lines, and the beginning of one. */
export function unreadIn(folder: string, read: Read): ReadonlyMap<string, number> {
  return new Map(
    listLogs(folder).map(({ path, size }) => {
      const file = openSync(path, "r");
      try {
        const { identity } = new LogReader(file);
        return [path, identity === undefined ? 0 : size - positionOf(read, identity, size)];
      } finally {
        closeSync(file);
      }
    }),
  );
}

export class EventLogs {
  readonly #folder: string;
  readonly #take: Take;
  readonly #read: Read;

  constructor(folder: string, take: Take, read: Read) {
    this.#folder = folder;
    this.#take = take;
    this.#read = read;
  }

  /**
   * Reads on where the last reading ended, to the end of every file, in steps between which other requests are answered.
   * @throws the file system's or SQLite's error; what was read until then is stored.
   */
  async import({ progress, signal }: ImportWatch = {}): Promise<ImportReport> {
    const logs = listLogs(this.#folder);
    const total = logs.reduce((sum, { size }) => sum + size, 0);
    let report = nothing;
    let before = 0;
    for (const log of logs) {
      const base = before;
      report = await this.#importFile(log.path, report, async (position) => {
        progress?.(base + Math.min(position, log.size), total);
        await nextTurn();
        signal?.throwIfAborted();
      });
      before += log.size;
    }
    return report;
  }

  /** Empties the logs that were read to their end and not written to since a moment. */
  expire(oldestMs: number): void {
    for (const { path, size } of listLogs(this.#folder)) {
      if (size === 0 || statSync(path).mtimeMs >= oldestMs) continue;
      const file = openSync(path, "r");
      let read: boolean;
      try {
        const { identity } = new LogReader(file);
        read = identity !== undefined && positionOf(this.#read, identity, size) === size;
      } finally {
        closeSync(file);
      }
      if (read) truncateSync(path);
    }
  }

  /** Empties the logs: for a purge. Writers that hold them open go on at their beginning. */
  empty(): void {
    for (const { path } of listLogs(this.#folder)) truncateSync(path);
  }

  async #importFile(
    path: string,
    report: ImportReport,
    stepped: (position: number) => Promise<void>,
  ): Promise<ImportReport> {
    const file = openSync(path, "r");
    let sum = { ...report, files: report.files + 1 };
    try {
      const reader = new LogReader(file);
      // A file without a whole line says nothing yet.
      if (reader.identity === undefined) return sum;
      reader.position = positionOf(this.#read, reader.identity, reader.size);
      for (;;) {
        const step = reader.next();
        if (step === undefined) return sum;
        try {
          const taken = this.#take(step.events, (connection) => moveOn(connection, reader.identity ?? "", step));
          sum = {
            ...sum,
            lines: sum.lines + step.lines,
            malformed: sum.malformed + step.malformed,
            bytes: sum.bytes + step.to - step.from,
            stored: sum.stored + taken.stored,
            repeated: sum.repeated + taken.repeated,
            refused: sum.refused + taken.refused,
            earlier: sum.earlier + taken.earlier,
          };
        } catch (error) {
          if (!(error instanceof PositionMovedError)) throw error;
          reader.position = positionOf(this.#read, reader.identity, reader.size);
        }
        await stepped(reader.position);
      }
    } finally {
      closeSync(file);
    }
  }
}

interface Step {
  readonly from: number;
  readonly to: number;
  readonly lines: number;
  readonly malformed: number;
  readonly events: readonly Raw[];
}

function moveOn(connection: Connection, identity: string, { from, to, lines }: Step): void {
  const known = Number(
    connection.prepare("SELECT position FROM imports WHERE file = ?").get(identity)?.["position"] ?? 0,
  );
  // A file that was cut off and begun anew stands before what was read of it.
  if (known > from && from !== 0) throw new PositionMovedError();
  if (known < from) throw new PositionMovedError();
  connection
    .prepare(
      `INSERT INTO imports (file, position, imported, read_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET position = excluded.position, imported = imported + excluded.imported, read_at = excluded.read_at`,
    )
    .run(identity, to, lines, Date.now());
}

/** Reads whole lines from a place in a file onwards. */
class LogReader {
  position = 0;
  /** Device, inode and digest of the first line; `undefined` where there is no whole line yet. */
  readonly identity: string | undefined;
  readonly #file: number;
  readonly #block = Buffer.allocUnsafe(blockBytes);

  constructor(file: number) {
    this.#file = file;
    const stat = fstatSync(file);
    const length = readSync(file, this.#block, 0, longestLine, 0);
    const end = this.#block.subarray(0, length).indexOf(newline);
    const first = createHash("sha256").update(this.#block.subarray(0, end)).digest("hex").slice(0, 32);
    this.identity = end === -1 && length < longestLine ? undefined : `${stat.dev}:${stat.ino}:${first}`;
  }

  get size(): number {
    return fstatSync(this.#file).size;
  }

  /** The next lines; `undefined` at the end. A last line without its end is left for later. */
  next(): Step | undefined {
    const from = this.position;
    const length = readSync(this.#file, this.#block, 0, blockBytes, from);
    const block = this.#block.subarray(0, length);
    const events: Raw[] = [];
    let lines = 0;
    let malformed = 0;
    let start = 0;
    while (lines < linesPerStep) {
      const end = block.indexOf(newline, start);
      if (end === -1) break;
      if (end > start) {
        lines += 1;
        const found = end - start > longestLine ? undefined : this.#parse(block, start, end, from + start);
        if (found === undefined) malformed += 1;
        else events.push(...found);
      }
      start = end + 1;
    }
    if (start === 0 && length === blockBytes) {
      // A line without an end in sight: passed over.
      start = length;
      malformed += 1;
    }
    if (start === 0) return undefined;
    this.position = from + start;
    return { from, to: this.position, lines, malformed, events };
  }

  /** The events of a line, mostly one; `undefined` of what is no JSON object. */
  #parse(block: Buffer, start: number, end: number, offset: number): readonly Raw[] | undefined {
    let line: unknown;
    try {
      line = JSON.parse(block.toString("utf8", start, end));
    } catch {
      return undefined;
    }
    if (typeof line !== "object" || line === null || Array.isArray(line)) return undefined;
    const identity = this.identity ?? "";
    const told = hookLine(line);
    if (told === undefined) return [sealRaw(completed(line, identity, String(offset)))];
    return told.map((event, index) => sealRaw(completed({ ...event }, identity, `${offset} ${index}`)));
  }
}

/** What a line may leave out beside its number, which the store gives it: its id, the offset of the clock. */
function completed(line: object, identity: string, place: string): object {
  const given = line as Record<string, unknown>;
  const ts = given["ts"];
  if (given["id"] === undefined && typeof ts === "number" && Number.isSafeInteger(ts) && ts >= 0) {
    given["id"] = idOf(ts, identity, place);
  }
  if (given["utc_offset_min"] === undefined && typeof ts === "number" && Number.isFinite(ts)) {
    given["utc_offset_min"] = -new Date(ts).getTimezoneOffset();
  }
  return given;
}

/** A UUIDv7 (RFC 9562) that is the same each time the line is read: of its time, its file and its place. */
function idOf(ts: number, identity: string, place: string): string {
  const time = ts.toString(16).padStart(12, "0").slice(-12);
  const hash = createHash("sha256").update(`${identity} ${place}`).digest("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-a${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
}
