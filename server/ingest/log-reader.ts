/**
 * Reads complete lines of an event log; a line's identity depends only on its content and position.
 */
import { createHash, type Hash } from "node:crypto";
import { fstatSync, readSync } from "node:fs";
import { markRaw, type Raw } from "../../shared/schema/raw.ts";
import { hookLine } from "./hooks/hook-line.ts";
import type { AgentIds } from "./hooks/ids.ts";

/** Bytes read at a time. */
const blockBytes = 1_048_576;
export const maxLineBytes = 65_536;
/** Lines per transaction. */
const linesPerStep = 4_000;
/** Maximum number of offsets in a damaged line at which a complete line is searched. */
const maxSalvaged = 50;

const newline = 10;

/** The position of a line: name of the log, digest of the log's first line, offset in bytes. */
export interface LinePosition {
  readonly log: string;
  readonly first: string;
  readonly offset: number;
}

export interface Line {
  readonly place: LinePosition;
  /** Returns the events of the line; `undefined` if it is not a JSON object. */
  readonly events: ((ids: AgentIds) => readonly Raw[]) | undefined;
}

export interface Step {
  readonly from: number;
  readonly to: number;
  /** SHA-256 of all bytes before `to`, in hex. */
  readonly digest: string;
  readonly lines: readonly Line[];
}

export class LogReader {
  readonly log: string;
  /** Digest of the first line; `undefined` for an empty file. */
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

  /** Whether the last byte is a newline, so that no line is being written. */
  get endsLine(): boolean {
    const { size } = this;
    if (size === 0) return true;
    const last = Buffer.alloc(1);
    readSync(this.#file, last, 0, 1, size - 1);
    return last[0] === newline;
  }

  /** Skips to a known position if the bytes before it are unchanged. Returns whether it did. */
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

  /**
   * Returns the next lines, or `undefined` at the end. `takeRest`: accept a last line without a
   * newline.
   */
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

/** Parses the line at a position. */
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
 * Returns the identity of a line without an ID. A sequence number identifies it within its session
 * and source, in any file; otherwise its position does.
 */
function identityOf(value: object, bytes: Buffer, { log, first, offset }: LinePosition): string {
  const { seq, session_id: session, source } = value as Readonly<Record<string, unknown>>;
  const line = digestOf(bytes);
  if (typeof seq === "number" && seq > 0 && typeof session === "string")
    return `numbered\0${session}\0${String(source)}\0${seq}\0${line}`;
  return `${log}\0${first}\0${offset}\0${line}`;
}

/** A byte order mark; zeros, which a power failure can leave before the next line. */
const padding = /^[\uFEFF\0]+|\0+$/g;

/**
 * Returns the JSON object of a line, also after a truncated one without a newline; otherwise
 * `undefined`.
 */
function parsed(text: string): object | undefined {
  const line = text.replace(padding, "");
  const parsed = objectIn(line);
  if (parsed !== undefined) return parsed;
  let at = line.indexOf('{"', 1);
  for (let attempts = 0; at !== -1 && attempts < maxSalvaged; attempts += 1) {
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

/** Adds a missing ID and UTC offset. The store assigns a missing sequence number. */
function completed(line: object, ids: AgentIds, identity: () => string): object {
  const fields = line as Record<string, unknown>;
  const ts = fields["ts"];
  if (fields["id"] === undefined && typeof ts === "number" && Number.isSafeInteger(ts) && ts >= 0) {
    fields["id"] = ids.ofLine(ts, identity());
  }
  if (fields["utc_offset_min"] === undefined && typeof ts === "number" && Number.isFinite(ts)) {
    fields["utc_offset_min"] = -new Date(ts).getTimezoneOffset();
  }
  return fields;
}
