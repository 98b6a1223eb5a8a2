/**
 * Reads stored events in the order of their commits, some at a time, so that no reader stays long. What many events share
 * (their words, their session) is read once for all of them.
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

/** A session as its events name it. */
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
  /** Its place in the order of commits. */
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
   * The consent to share under which it was written: when, and which categories as bits; and its number in its session, where those
   * that are shared begin at 1.
   */
  readonly share: { readonly committedMs: number; readonly bits: number; readonly seq: number } | undefined;
}

interface Dimensions {
  readonly type: EventTypeName;
  readonly source: string;
  readonly payload: Readonly<Record<string, FieldValue>>;
}

/** The first `most` events after the key `after`, up to the key `last`. */
export function readAfter(
  connection: Connection,
  after: number,
  max: number,
  last = Number.MAX_SAFE_INTEGER,
): readonly StoredEvent[] {
  // Keys of words and streams may be used again once theirs are gone: they are looked up in the same moment, and forgotten.
  return snapshot(connection, () => {
    const statements = statementsOf(connection);
    const dimensions = remembering(statements.dimensions, toDimensions);
    const streams = remembering(statements.stream, (row) => ({ session: toSession(row), base: Number(row["base"]) }));
    return statements.rows
      .all(after, last, max)
      .map((row) => toEvent(row, dimensions(row["dimensions"]), streams(row["stream"])));
  });
}

const statementsOf = perConnection((connection) => ({
  rows: connection.prepare("SELECT * FROM events WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"),
  dimensions: connection.prepare("SELECT * FROM dimensions WHERE id = ?"),
  stream: connection.prepare("SELECT s.*, t.base FROM streams t JOIN sessions s ON s.id = t.session WHERE t.id = ?"),
}));

/** Reads a row by its key, and makes it into an object, once. */
function remembering<T>(statement: Statement, make: (row: Row) => T): (key: Cell | undefined) => T {
  const known = new Map<Cell, T>();
  return (key = null) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = make(statement.get(key) ?? {});
    known.set(key, value);
    return value;
  };
}

function toDimensions(row: Row): Dimensions {
  // Written by this product alone, from its own list.
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

/** Where an event came from: its session, and the number before the first one that its source gave in it. */
interface Stream {
  readonly session: StoredSession;
  readonly base: number;
}

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
