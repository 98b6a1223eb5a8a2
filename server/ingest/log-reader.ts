/** Reads whole lines of an event log, each with an identity that follows from its content and place alone. */
import { createHash, type Hash } from "node:crypto";
import { fstatSync, readSync } from "node:fs";
import { markRaw, type Raw } from "../../shared/schema/raw.ts";
import { hookLine } from "./hooks/hook-line.ts";
import type { AgentIds } from "./hooks/ids.ts";

/** Bytes read at a time, and the longest line that is accepted. */
const blockBytes = 1_048_576;
export const maxLineBytes = 65_536;
/** Lines of one transaction. */
const linesPerStep = 4_000;
/** Places in a damaged line at which a whole one may begin. */
const maxSalvaged = 50;

const newline = 10;

/** Where a line is: the name of its log, the digest of the log's first line, and its offset in bytes. */
export interface LinePosition {
  readonly log: string;
  readonly first: string;
  readonly offset: number;
}

/** A line of a log. */
export interface Line {
  readonly place: LinePosition;
  /** The events it reports; `undefined` if it is not a JSON object. */
  readonly events: ((ids: AgentIds) => readonly Raw[]) | undefined;
}

export interface Step {
  readonly from: number;
  readonly to: number;
  /** SHA-256 of the bytes before `to`, in hex. */
  readonly digest: string;
  readonly lines: readonly Line[];
}

export class LogReader {
  readonly log: string;
  /** Digest of the first line; `undefined` of an empty file. */
  readonly first: string | undefined;
  readonly #file: number;
  readonly #block = Buffer.allocUnsafe(blockBytes);
  #position = 0;
  #hash: Hash = createHash("sha256");

  constructor(file: number, log: string) {
    this.#file = file;
    this.log = log;
    const length = readSync(file, this.#block, 0, maxLineBytes, 0);
    const end = this.#block.subarray(0, length).indexOf(newline);
    const first = this.#block.subarray(0, end === -1 ? length : end);
    this.first = length === 0 ? undefined : digestOf(first);
  }

  get position(): number {
    return this.#position;
  }

  get size(): number {
    return fstatSync(this.#file).size;
  }

  /** The last byte is a newline: no line is being written. */
  get endsLine(): boolean {
    const { size } = this;
    if (size === 0) return true;
    const last = Buffer.alloc(1);
    readSync(this.#file, last, 0, 1, size - 1);
    return last[0] === newline;
  }

  /** Moves on to a position that another reading has reached, if the bytes before it are the same. Returns whether it did. */
  skipTo(position: number, digest: string | null): boolean {
    if (position <= this.#position || position > this.size) return false;
    const hash = this.#hash.copy();
    for (let at = this.#position; at < position; ) {
      const length = readSync(this.#file, this.#block, 0, Math.min(blockBytes, position - at), at);
      if (length === 0) return false;
      hash.update(this.#block.subarray(0, length));
      at += length;
    }
    if (digest !== null && hash.copy().digest("hex") !== digest) return false;
    this.#hash = hash;
    this.#position = position;
    return true;
  }

  /** The next lines; `undefined` at the end. `takeRest`: a last line without its newline is a line too. */
  next(takeRest: boolean): Step | undefined {
    const from = this.#position;
    const length = readSync(this.#file, this.#block, 0, blockBytes, from);
    const block = this.#block.subarray(0, length);
    const lines: Line[] = [];
    let start = 0;
    while (lines.length < linesPerStep) {
      const end = block.indexOf(newline, start);
      if (end === -1) break;
      if (end > start) lines.push(this.#line(block.subarray(start, end), from + start));
      start = end + 1;
    }
    const isStuck = start === 0 && length === blockBytes;
    if ((isStuck || (takeRest && from + length === this.size && lines.length < linesPerStep)) && start < length) {
      lines.push(this.#line(block.subarray(start), from + start));
      start = length;
    }
    if (start === 0) return undefined;
    this.#hash.update(block.subarray(0, start));
    this.#position = from + start;
    return { from, to: this.#position, digest: this.#hash.copy().digest("hex"), lines };
  }

  #line(bytes: Buffer, offset: number): Line {
    const place = { log: this.log, first: this.first ?? "", offset };
    return lineOf(Buffer.from(bytes), place);
  }
}

const digestOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex").slice(0, 32);

/** The line at a place, with its events. */
export function lineOf(bytes: Buffer, place: LinePosition): Line {
  const value = bytes.length > maxLineBytes ? undefined : parsed(bytes.toString("utf8"));
  if (value === undefined) return { place, events: undefined };
  const identity = () => identityOf(value, bytes, place);
  const events = (ids: AgentIds) =>
    hookLine(value, ids)?.map((event, index) =>
      markRaw(completed({ ...event }, ids, () => `${identity()}\0${index}`)),
    ) ?? [markRaw(completed(value, ids, identity))];
  return { place, events };
}

/**
 * What a line without an id is known by. A number of its own makes it the only one of its session and source, wherever it is; else
 * its place counts.
 */
function identityOf(value: object, bytes: Buffer, { log, first, offset }: LinePosition): string {
  const { seq, session_id: session, source } = value as Readonly<Record<string, unknown>>;
  const line = digestOf(bytes);
  if (typeof seq === "number" && seq > 0 && typeof session === "string")
    return `numbered\0${session}\0${String(source)}\0${seq}\0${line}`;
  return `${log}\0${first}\0${offset}\0${line}`;
}

/** A byte order mark; what a power failure leaves at the end of a file, before the next line. */
const padding = /^[\uFEFF\0]+|\0+$/g;

/** `undefined` of what is not a JSON object, nor ends with one: a line that was cut off may have the next one glued to it. */
function parsed(text: string): object | undefined {
  const line = text.replace(padding, "");
  const parsed = objectIn(line);
  if (parsed !== undefined) return parsed;
  let at = line.indexOf('{"', 1);
  for (let tried = 0; at !== -1 && tried < maxSalvaged; tried += 1) {
    const rest = objectIn(line.slice(at));
    if (rest !== undefined && ("event_type" in rest || "hook" in rest)) return rest;
    at = line.indexOf('{"', at + 1);
  }
  return undefined;
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a line may leave out beside its number, which the store gives it: its id, the offset of the clock. */
function completed(line: object, ids: AgentIds, identity: () => string): object {
  const given = line as Record<string, unknown>;
  const ts = given["ts"];
  if (given["id"] === undefined && typeof ts === "number" && Number.isSafeInteger(ts) && ts >= 0) {
    given["id"] = ids.ofLine(ts, identity());
  }
  if (given["utc_offset_min"] === undefined && typeof ts === "number" && Number.isFinite(ts)) {
    given["utc_offset_min"] = -new Date(ts).getTimezoneOffset();
  }
  return given;
}
