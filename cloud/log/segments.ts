/**
 * The durable log in files: segments of records, each with length and CRC-32, appended and synced
 * in groups (`group.ts`). At open, a torn last group, which was not acknowledged, is truncated.
 * Other damage is reported, never skipped.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readJsonFile, syncFolder, writeAtomically } from "../atomic-file.ts";
import { logEvent } from "../logger.ts";
import { ChangeNotifier } from "./change-notifier.ts";
import { CorruptLogError, type DurableLog, type LogPosition, type LogRecord } from "./durable-log.ts";
import { groupHeaderAt, groupHeaderBytes, groupOf, hasGroupAfter } from "./group.ts";

const headerBytes = 8;
const headersBytes = groupHeaderBytes + headerBytes;
/** Larger than any batch. */
const maxRecordBytes = 16 * 1_048_576;
export const segmentBytes = 64 * 1_048_576;

interface SegmentOffset {
  readonly segment: number;
  readonly offset: number;
}

const at = (position: LogPosition): SegmentOffset => ({
  segment: position["segment"] ?? 0,
  offset: position["offset"] ?? 0,
});
const isBefore = (a: SegmentOffset, b: SegmentOffset) =>
  a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);

interface PendingAppend<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: unknown) => void;
}

interface WaitingRecord extends PendingAppend<void> {
  readonly record: Buffer;
}

/**
 * Minimum free space for `probe`: a batch has up to 1 MB, and the embedded engines need space, too.
 */
const minFreeBytes = 16 * 1_048_576;

const nameOf = (segment: number) => `${String(segment).padStart(12, "0")}.log`;

export class SegmentLog implements DurableLog {
  readonly id: string;
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Segment → its durable length. */
  readonly #lengths: Map<number, number>;
  #last: number;
  #file: FileHandle;
  #waiting: WaitingRecord[] = [];
  #rotations: PendingAppend<LogPosition>[] = [];
  #writing: Promise<void> | undefined;
  readonly #notifier = new ChangeNotifier();
  /** A write failed, so the bytes after the last acknowledged group are unknown. */
  #failed = false;

  private constructor(
    id: string,
    folder: string,
    maxSegmentBytes: number,
    lengths: Map<number, number>,
    last: number,
    file: FileHandle,
  ) {
    this.id = id;
    this.#folder = folder;
    this.#maxBytes = maxSegmentBytes;
    this.#lengths = lengths;
    this.#last = last;
    this.#file = file;
  }

  /** Opens or creates the log. @throws CorruptLogError; the file system's error. */
  static async open(folder: string, maxSegmentBytes = segmentBytes): Promise<SegmentLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => /^\d{12}\.log$/.test(name)).sort();
    const lengths = new Map<number, number>();
    const id = await idOf(folder);
    const grouped = await firstGrouped(folder, Number(names.at(-1)?.slice(0, 12) ?? 0));
    for (const [n, name] of names.entries()) {
      const segment = Number(name.slice(0, 12));
      const isLast = n === names.length - 1;
      lengths.set(segment, await intactLength(join(folder, name), id, segment >= grouped, isLast));
    }
    const last = Math.max(grouped, ...lengths.keys());
    const file = await open(join(folder, nameOf(last)), "a+", 0o600);
    if (!lengths.has(last)) {
      lengths.set(last, 0);
      await syncFolder(folder);
    }
    return new SegmentLog(id, folder, maxSegmentBytes, lengths, last, file);
  }

  append(_key: string, text: string): Promise<void> {
    const body = Buffer.from(text);
    if (body.length > maxRecordBytes) return Promise.reject(new Error("record too large"));
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(body.length, 0);
    header.writeUInt32LE(crc32(body), 4);
    return new Promise((done, failed) => {
      this.#waiting.push({ record: Buffer.concat([header, body]), done, failed });
      this.#begin();
    });
  }

  /** Writes one group after the other; records that arrive during a sync form the next group. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0 || this.#rotations.length > 0) {
      const [group, rotations] = [this.#waiting, this.#rotations];
      [this.#waiting, this.#rotations] = [[], []];
      try {
        if (this.#failed) await this.#truncateTornRecord();
        if (this.#length >= this.#maxBytes) await this.#next();
        if (group.length > 0) await this.#writeGroup(group.map(({ record }) => record));
        for (const { done } of group) done();
        if (rotations.length > 0 && this.#length > 0) await this.#next();
        for (const { done } of rotations) done({ segment: this.#last, offset: 0 });
        this.#notifier.notify();
      } catch (error) {
        this.#failed = true;
        await this.#truncateTornRecord().catch(() => undefined);
        for (const { failed } of [...group, ...rotations, ...this.#waiting, ...this.#rotations]) failed(error);
        [this.#waiting, this.#rotations] = [[], []];
      }
    }
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      // Race: a record may have arrived after the last check of the loop.
      if (this.#waiting.length > 0 || this.#rotations.length > 0) this.#begin();
    });
  }

  /** Durable bytes of the last segment. */
  get #length(): number {
    return this.#lengths.get(this.#last) ?? 0;
  }

  async #writeGroup(records: readonly Buffer[]): Promise<void> {
    const bytes = groupOf(records, this.id);
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#lengths.set(this.#last, this.#length + bytes.length);
  }

  /**
   * Truncates unacknowledged bytes after a failed write, so that the next group starts after the
   * last acknowledged one. Nothing is appended until this succeeds.
   * @throws the file system's error.
   */
  async #truncateTornRecord(): Promise<void> {
    const path = join(this.#folder, nameOf(this.#last));
    await this.#file.close().catch(() => undefined);
    const file = await open(path, "r+", 0o600);
    try {
      await file.truncate(this.#length);
      await file.datasync();
    } finally {
      await file.close();
    }
    this.#file = await open(path, "a+", 0o600);
    this.#failed = false;
  }

  /** Starts a new segment. The current one stays in use if that fails. */
  async #next(): Promise<void> {
    const next = this.#last + 1;
    const file = await open(join(this.#folder, nameOf(next)), "a+", 0o600);
    await syncFolder(this.#folder);
    await this.#file.close();
    [this.#file, this.#last] = [file, next];
    this.#lengths.set(next, 0);
  }

  /** @throws if the disk has less than `minFreeBytes`. */
  async probe(): Promise<void> {
    if (this.#failed) await this.rotate();
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < minFreeBytes) throw new Error("the disk is full");
  }

  async read(from: LogPosition, maxChars: number, before: LogPosition = this.end()): Promise<readonly LogRecord[]> {
    const records: LogRecord[] = [];
    let { segment, offset } = this.#first(from);
    if (isBefore(at(this.end()), { segment, offset })) {
      throw new CorruptLogError(
        `${this.#folder} is missing records that were already processed. Restore the original log.`,
      );
    }
    const end = at(before);
    for (let chars = 0; chars < maxChars && isBefore({ segment, offset }, end); ) {
      const length = this.#lengths.get(segment) ?? 0;
      if (offset >= length) {
        const following = [...this.#lengths.keys()].filter((known) => known > segment).sort((a, b) => a - b)[0];
        if (following === undefined) break;
        [segment, offset] = [following, 0];
        continue;
      }
      const file = await open(join(this.#folder, nameOf(segment)), "r");
      try {
        const bytes = Buffer.alloc(
          Math.min(length - offset, Math.max(maxRecordBytes + headersBytes, maxChars - chars)),
        );
        await file.read(bytes, 0, bytes.length, offset);
        let done = 0;
        while (done + headerBytes <= bytes.length && chars < maxChars) {
          if (!isBefore({ segment, offset: offset + done }, end)) break;
          if (groupHeaderAt(bytes, done, this.id) !== undefined) {
            done += groupHeaderBytes;
            continue;
          }
          const size = bytes.readUInt32LE(done);
          if (size === 0 || size > maxRecordBytes) throw this.#corrupt(segment, offset + done);
          if (done + headerBytes + size > bytes.length) break;
          const body = bytes.subarray(done + headerBytes, done + headerBytes + size);
          if (crc32(body) !== bytes.readUInt32LE(done + 4)) {
            throw this.#corrupt(segment, offset + done);
          }
          done += headerBytes + size;
          const text = body.toString("utf8");
          chars += text.length;
          records.push({ text, next: { segment, offset: offset + done } });
        }
        // The buffer holds the largest record, so no progress means damage.
        if (done === 0) throw this.#corrupt(segment, offset);
        offset += done;
      } finally {
        await file.close();
      }
    }
    return records;
  }

  #corrupt(segment: number, offset: number): CorruptLogError {
    return corruptAt(join(this.#folder, nameOf(segment)), offset);
  }

  /** Moves a position in a dropped segment to the first existing one. */
  #first(from: LogPosition): SegmentOffset {
    const first = Math.min(...this.#lengths.keys());
    const known = at(from);
    return known.segment < first ? { segment: first, offset: 0 } : known;
  }

  async waitAfter(position: LogPosition, signal: AbortSignal): Promise<void> {
    if (this.bytesAfter(position) === 0) await this.#notifier.next(signal);
  }

  bytesAfter(position: LogPosition): number {
    const from = this.#first(position);
    let bytes = 0;
    for (const [segment, length] of this.#lengths) {
      if (segment > from.segment) bytes += length;
      else if (segment === from.segment) bytes += length - from.offset;
    }
    return bytes;
  }

  beginning(): LogPosition {
    return { segment: Math.min(...this.#lengths.keys()), offset: 0 };
  }

  end(): LogPosition {
    return { segment: this.#last, offset: this.#length };
  }

  /** Queued behind the pending writes, so that all earlier records are in closed segments. */
  rotate(): Promise<LogPosition> {
    return new Promise((done, failed) => {
      this.#rotations.push({ done, failed });
      this.#begin();
    });
  }

  async dropBefore(position: LogPosition): Promise<void> {
    const { segment } = at(position);
    const before = [...this.#lengths.keys()].filter((known) => known < segment);
    if (before.length === 0) return;
    for (const known of before) {
      await rm(join(this.#folder, nameOf(known)));
      this.#lengths.delete(known);
    }
    await syncFolder(this.#folder);
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#file.close();
  }
}

/** Reads the log's ID; creates it with a new log. */
async function idOf(folder: string): Promise<string> {
  const path = join(folder, "id");
  if (!existsSync(path)) await writeAtomically(path, randomUUID());
  return readFile(path, "utf8");
}

/**
 * Returns the first segment with groups: logs before 0.9 have none and continue in a new segment.
 */
async function firstGrouped(folder: string, last: number): Promise<number> {
  const path = join(folder, "format");
  const known = readJsonFile(path, "Restore it from a backup.") as { readonly grouped_from?: unknown } | undefined;
  if (known !== undefined) return Number(known.grouped_from);
  await writeAtomically(path, JSON.stringify({ grouped_from: last + 1 }));
  return last + 1;
}

const corruptAt = (path: string, offset: number): CorruptLogError =>
  new CorruptLogError(`${path} is corrupt at byte ${offset}. Restore the log from a backup.`);

/**
 * Returns the length of the intact part. Truncates a torn write in the last segment.
 * @throws CorruptLogError
 */
async function intactLength(path: string, id: string, isGrouped: boolean, isLast: boolean): Promise<number> {
  const file = await open(path, "r+");
  try {
    const bytes = await file.readFile();
    const intact = isGrouped ? intactGroupsEnd(bytes, id) : intactRecordsEnd(bytes);
    if (intact === bytes.length) return intact;
    const continues = isGrouped ? hasGroupAfter(bytes, intact, id) : hasRecordAfter(bytes, intact);
    if (!isLast || continues) throw corruptAt(path, intact);
    await file.truncate(intact);
    await file.datasync();
    logEvent({ event: "log_truncated", bytes: bytes.length - intact });
    return intact;
  } finally {
    await file.close();
  }
}

function intactGroupsEnd(bytes: Buffer, id: string): number {
  for (let at = 0; ; ) {
    const group = groupHeaderAt(bytes, at, id);
    const start = at + groupHeaderBytes;
    if (group === undefined || start + group.bytes > bytes.length) return at;
    if (crc32(bytes.subarray(start, start + group.bytes)) !== group.crc) return at;
    at = start + group.bytes;
  }
}

/** Returns the end of the record at an offset; `undefined` if there is no intact record. */
function recordEnd(bytes: Buffer, at: number): number | undefined {
  const start = at + headerBytes;
  if (start > bytes.length) return undefined;
  const end = start + bytes.readUInt32LE(at);
  if (end > bytes.length || crc32(bytes.subarray(start, end)) !== bytes.readUInt32LE(at + 4)) return undefined;
  return end;
}

function intactRecordsEnd(bytes: Buffer): number {
  for (let at = 0; ; ) {
    const end = recordEnd(bytes, at);
    if (end === undefined) return at;
    at = end;
  }
}

/**
 * Returns whether an intact record starts after an offset: then the bytes before it are damaged,
 * not torn.
 */
function hasRecordAfter(bytes: Buffer, from: number): boolean {
  for (let at = from + 1; at + headerBytes < bytes.length; at += 1) {
    const end = recordEnd(bytes, at);
    if (end !== undefined && end > at + headerBytes) return true;
  }
  return false;
}
