/**
 * The event log as files: segments of records, each with its length and CRC-32, appended and synced in groups. A record that a crash cut
 * off at the end is cut away when the log is opened; anything else that does not fit is a damage that is told, never skipped.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { syncFolder, writeWhole } from "../whole-file.ts";
import { DamagedLogError, type EventLog, type LogRecord, type Place } from "./event-log.ts";
import { News } from "./news.ts";

const headerBytes = 8;
/** More no batch has. */
const longestRecord = 16 * 1_048_576;
export const segmentBytes = 64 * 1_048_576;

/** The place of a segment's byte. */
interface At {
  readonly segment: number;
  readonly offset: number;
}

const at = (place: Place): At => ({ segment: place["segment"] ?? 0, offset: place["offset"] ?? 0 });
const isBefore = (a: At, b: At) => a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);

interface Waiting<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: unknown) => void;
}

interface WaitingRecord extends Waiting<void> {
  readonly record: Buffer;
}

const nameOf = (segment: number) => `${String(segment).padStart(12, "0")}.log`;

export class SegmentLog implements EventLog {
  readonly id: string;
  readonly #folder: string;
  readonly #mostBytes: number;
  /** Segment → its durable length. */
  readonly #lengths: Map<number, number>;
  #last: number;
  #file: FileHandle;
  #waiting: WaitingRecord[] = [];
  /** Who asked for a new segment. */
  #turning: Waiting<Place>[] = [];
  #writing: Promise<void> | undefined;
  readonly #news = new News();
  #failed: Error | undefined;

  private constructor(
    id: string,
    folder: string,
    mostBytes: number,
    lengths: Map<number, number>,
    last: number,
    file: FileHandle,
  ) {
    this.id = id;
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#lengths = lengths;
    this.#last = last;
    this.#file = file;
  }

  /** Opens what is there, or begins. @throws DamagedLogError, the file system's error. */
  static async open(folder: string, mostBytes = segmentBytes): Promise<SegmentLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => /^\d{12}\.log$/.test(name)).sort();
    const lengths = new Map<number, number>();
    for (const [n, name] of names.entries()) {
      const segment = Number(name.slice(0, 12));
      lengths.set(segment, await soundLength(join(folder, name), n === names.length - 1));
    }
    const last = Math.max(1, ...lengths.keys());
    const file = await open(join(folder, nameOf(last)), "a+", 0o600);
    if (!lengths.has(last)) {
      lengths.set(last, 0);
      await syncFolder(folder);
    }
    return new SegmentLog(await idOf(folder), folder, mostBytes, lengths, last, file);
  }

  append(_key: string, text: string): Promise<void> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const body = Buffer.from(text);
    if (body.length > longestRecord) return Promise.reject(new Error("a record that is too long"));
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(body.length, 0);
    header.writeUInt32LE(crc32(body), 4);
    return new Promise((done, failed) => {
      this.#waiting.push({ record: Buffer.concat([header, body]), done, failed });
      this.#writing ??= this.#write();
    });
  }

  /** One group after the other: what comes while one is synced goes into the next. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0 || this.#turning.length > 0) {
      const [group, turning] = [this.#waiting, this.#turning];
      [this.#waiting, this.#turning] = [[], []];
      try {
        if (this.#length >= this.#mostBytes) await this.#next();
        const bytes = Buffer.concat(group.map(({ record }) => record));
        await this.#file.appendFile(bytes);
        await this.#file.datasync();
        this.#lengths.set(this.#last, this.#length + bytes.length);
        for (const { done } of group) done();
        if (turning.length > 0 && this.#length > 0) await this.#next();
        for (const { done } of turning) done({ segment: this.#last, offset: 0 });
        this.#news.tell();
      } catch (error) {
        await this.#cutBack();
        for (const { failed } of [...group, ...turning, ...this.#waiting, ...this.#turning]) failed(error);
        [this.#waiting, this.#turning] = [[], []];
      }
    }
    this.#writing = undefined;
  }

  /** Durable bytes of the last segment. */
  get #length(): number {
    return this.#lengths.get(this.#last) ?? 0;
  }

  /** After a write that failed: what was not acknowledged is cut away, so that the next one begins where the last good one ended. */
  async #cutBack(): Promise<void> {
    const path = join(this.#folder, nameOf(this.#last));
    try {
      await this.#file.close().catch(() => undefined);
      const file = await open(path, "r+", 0o600);
      await file.truncate(this.#length);
      await file.datasync();
      await file.close();
      this.#file = await open(path, "a+", 0o600);
    } catch (error) {
      // What is on the disk now is not known: nothing more is taken, until it is opened anew.
      this.#failed = error instanceof Error ? error : new Error(String(error));
    }
  }

  async #next(): Promise<void> {
    await this.#file.close();
    this.#last += 1;
    this.#file = await open(join(this.#folder, nameOf(this.#last)), "a+", 0o600);
    await syncFolder(this.#folder);
    this.#lengths.set(this.#last, 0);
  }

  async read(from: Place, mostChars: number, before: Place = this.end()): Promise<readonly LogRecord[]> {
    const records: LogRecord[] = [];
    let { segment, offset } = this.#first(from);
    if (isBefore(at(this.end()), { segment, offset })) {
      throw new DamagedLogError(`${this.#folder} ends before what was put away: was it removed, or is it another one?`);
    }
    const end = at(before);
    for (let chars = 0; chars < mostChars && isBefore({ segment, offset }, end); ) {
      const length = this.#lengths.get(segment) ?? 0;
      if (offset >= length) {
        const following = [...this.#lengths.keys()].filter((one) => one > segment).sort((a, b) => a - b)[0];
        if (following === undefined) break;
        [segment, offset] = [following, 0];
        continue;
      }
      const file = await open(join(this.#folder, nameOf(segment)), "r");
      try {
        const bytes = Buffer.alloc(Math.min(length - offset, Math.max(longestRecord, mostChars - chars)));
        await file.read(bytes, 0, bytes.length, offset);
        let done = 0;
        while (done + headerBytes <= bytes.length && chars < mostChars) {
          if (!isBefore({ segment, offset: offset + done }, end)) break;
          const size = bytes.readUInt32LE(done);
          if (done + headerBytes + size > bytes.length) break;
          const body = bytes.subarray(done + headerBytes, done + headerBytes + size);
          if (crc32(body) !== bytes.readUInt32LE(done + 4)) {
            throw new DamagedLogError(`${nameOf(segment)} is damaged at ${offset + done}.`);
          }
          done += headerBytes + size;
          const text = body.toString("utf8");
          chars += text.length;
          records.push({ text, next: { segment, offset: offset + done } });
        }
        offset += done;
      } finally {
        await file.close();
      }
    }
    return records;
  }

  /** Segments before it may be gone. */
  #first(from: Place): At {
    const first = Math.min(...this.#lengths.keys());
    const known = at(from);
    return known.segment < first ? { segment: first, offset: 0 } : known;
  }

  async waitAfter(place: Place, signal: AbortSignal): Promise<void> {
    if (this.bytesAfter(place) === 0) await this.#news.next(signal);
  }

  bytesAfter(place: Place): number {
    const from = this.#first(place);
    let bytes = 0;
    for (const [segment, length] of this.#lengths) {
      if (segment > from.segment) bytes += length;
      else if (segment === from.segment) bytes += length - from.offset;
    }
    return bytes;
  }

  beginning(): Place {
    return { segment: Math.min(...this.#lengths.keys()), offset: 0 };
  }

  end(): Place {
    return { segment: this.#last, offset: this.#length };
  }

  /** In turn with the writes: what was appended before lies in segments that ended. */
  rotate(): Promise<Place> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return new Promise((done, failed) => {
      this.#turning.push({ done, failed });
      this.#writing ??= this.#write();
    });
  }

  async dropBefore(place: Place): Promise<void> {
    const { segment } = at(place);
    const before = [...this.#lengths.keys()].filter((known) => known < segment);
    if (before.length === 0) return;
    for (const one of before) {
      await rm(join(this.#folder, nameOf(one)));
      this.#lengths.delete(one);
    }
    await syncFolder(this.#folder);
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#file.close();
  }
}

/** Made when the log is. */
async function idOf(folder: string): Promise<string> {
  const path = join(folder, "id");
  if (!existsSync(path)) await writeWhole(path, randomUUID());
  return readFile(path, "utf8");
}

/** The length up to which records are whole; of the last segment what a crash cut off is cut away. @throws DamagedLogError */
async function soundLength(path: string, isLast: boolean): Promise<number> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(headerBytes);
    let at = 0;
    while (at + headerBytes <= size) {
      await file.read(header, 0, headerBytes, at);
      const length = header.readUInt32LE(0);
      if (length > longestRecord || at + headerBytes + length > size) break;
      const body = Buffer.alloc(length);
      await file.read(body, 0, length, at + headerBytes);
      if (crc32(body) !== header.readUInt32LE(4)) break;
      at += headerBytes + length;
    }
    if (at === size) return at;
    if (!isLast || (await hasRecordAfter(file, at, size))) throw new DamagedLogError(`${path} is damaged at ${at}.`);
    await file.truncate(at);
    await file.datasync();
    return at;
  } finally {
    await file.close();
  }
}

/** Whether a whole record begins somewhere after a place: then what lies before it was not cut off by a crash. */
async function hasRecordAfter(file: FileHandle, from: number, size: number): Promise<boolean> {
  const bytes = Buffer.alloc(size - from);
  await file.read(bytes, 0, bytes.length, from);
  for (let at = 1; at + headerBytes < bytes.length; at += 1) {
    const length = bytes.readUInt32LE(at);
    if (length === 0 || at + headerBytes + length > bytes.length) continue;
    const body = bytes.subarray(at + headerBytes, at + headerBytes + length);
    if (crc32(body) === bytes.readUInt32LE(at + 4)) return true;
  }
  return false;
}
