/**
 * Reads stored events in commit order, in pages, so that no read transaction lasts long. Dimensions
 * and sessions are read once per page.
 */
import type { EventTypeName } from "../../../shared/schema/events.ts";
import type { FieldValue } from "../../../shared/schema/field-types.ts";
import { dimensionsOf, durationField, parseMeasures } from "../columns.ts";
import {
  type SqlValue as Cell,
  type Connection,
  perConnection,
  type Row,
  type Statement,
  snapshot,
} from "../driver/driver.ts";
import { uuidText } from "./uuid-bytes.ts";

export interface StoredSession {
  readonly id: string;
  readonly startedMs: number;
  readonly product: string;
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  readonly runtimeVersion: string;
}

export interface StoredEvent {
  /** Position in commit order. */
  readonly key: number;
  readonly id: string;
  readonly type: EventTypeName;
  readonly source: string;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly tsMs: number;
  readonly utcOffsetMin: number;
  readonly session: StoredSession;
  readonly payload: Readonly<Record<string, FieldValue>>;
  /**
   * The consent to share when it was written: time, category bits, and the sequence number in its
   * session for sharing, which starts at 1.
   */
  readonly share: { readonly committedMs: number; readonly bits: number; readonly seq: number } | undefined;
}

interface Dimensions {
  readonly type: EventTypeName;
  readonly source: string;
  readonly payload: Readonly<Record<string, FieldValue>>;
}

/** Returns up to `max` events after the key `after`, up to and including the key `last`. */
export function readAfter(
  connection: Connection,
  after: number,
  max: number,
  last = Number.MAX_SAFE_INTEGER,
): readonly StoredEvent[] {
  // SQLite reuses keys of deleted dimensions and streams, so cache them only within a snapshot.
  return snapshot(connection, () => {
    const statements = statementsOf(connection);
    const dimensions = cachedByKey(statements.dimensions, toDimensions);
    const streams = cachedByKey(statements.stream, toStream);
    return statements.rows
      .all(after, last, max)
      .map((row) => toEvent(row, dimensions(row["dimensions"]), streams(row["stream"])));
  });
}

/** Sessions and dimensions that an `EventReader` keeps; more are read again. */
const maxCached = 4_096;

/** Reads single events within one snapshot of a connection that the caller holds open. */
export class EventReader {
  readonly #row: Statement;
  readonly #dimensions: (key: Cell | undefined) => Dimensions;
  readonly #streams: (key: Cell | undefined) => Stream;

  constructor(connection: Connection) {
    const statements = statementsOf(connection);
    this.#row = connection.prepare("SELECT * FROM events WHERE id = ?");
    this.#dimensions = cachedByKey(statements.dimensions, toDimensions);
    this.#streams = cachedByKey(statements.stream, toStream);
  }

  at(key: number): StoredEvent | undefined {
    const row = this.#row.get(key);
    return row === undefined
      ? undefined
      : toEvent(row, this.#dimensions(row["dimensions"]), this.#streams(row["stream"]));
  }
}

const statementsOf = perConnection((connection) => ({
  rows: connection.prepare("SELECT * FROM events WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"),
  dimensions: connection.prepare("SELECT * FROM dimensions WHERE id = ?"),
  stream: connection.prepare("SELECT s.*, t.base FROM streams t JOIN sessions s ON s.id = t.session WHERE t.id = ?"),
}));

/** Returns a function that reads and converts each row once. */
function cachedByKey<T>(statement: Statement, convert: (row: Row) => T): (key: Cell | undefined) => T {
  const cache = new Map<Cell, T>();
  return (key = null) => {
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const value = convert(statement.get(key) ?? {});
    if (cache.size >= maxCached) cache.clear();
    cache.set(key, value);
    return value;
  };
}

function toDimensions(row: Row): Dimensions {
  // Only this product writes the column, from its list of event types.
  return { type: row["event_type"] as EventTypeName, source: String(row["source"]), payload: dimensionsOf(row) };
}

function toSession(row: Row): StoredSession {
  return {
    id: String(row["session_id"]),
    startedMs: Number(row["started_at"]),
    product: String(row["product"]),
    version: String(row["version"]),
    os: String(row["os"]),
    arch: String(row["arch"]),
    runtimeVersion: String(row["runtime_version"]),
  };
}

interface Stream {
  readonly session: StoredSession;
  /** The sequence number before the first one in this session. */
  readonly base: number;
}

const toStream = (row: Row): Stream => ({ session: toSession(row), base: Number(row["base"]) });

function toEvent(row: Row, { type, source, payload }: Dimensions, { session, base }: Stream): StoredEvent {
  const { duration_ms: duration, committed_at: committed, share: bits } = row;
  const seq = Number(row["seq"]);
  return {
    key: Number(row["id"]),
    id: uuidText(row["event_id"]),
    type,
    source,
    seq,
    tsMs: Number(row["ts"]),
    utcOffsetMin: Number(row["utc_offset_min"]),
    session,
    share:
      typeof committed === "number" && typeof bits === "number"
        ? { committedMs: committed, bits, seq: seq - base }
        : undefined,
    payload: {
      ...payload,
      ...parseMeasures(row["numbers"]),
      ...(typeof duration === "number" ? { [durationField]: duration } : {}),
    },
  };
}
