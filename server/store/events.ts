/**
 * Writes events and keeps their sessions true, in one transaction. An event whose id is stored already changes
 * nothing: sending it again is harmless.
 */
import { fieldNames } from "../../shared/fields.ts";
import type { Architecture, System } from "../../shared/vocabulary/platforms.ts";
import type { CleanEvent } from "../privacy/clean.ts";
import { toCell } from "./columns.ts";
import { type Connection, immediately, type Row, type Value } from "./driver.ts";

/** What this worker is; kept with each session it begins. */
export interface Product {
  readonly product: string;
  readonly version: string;
  readonly os: System | typeof withheld;
  readonly arch: Architecture | typeof withheld;
  readonly runtimeVersion: string;
}

/** Stands where the consent to the category `platform` is missing. */
const withheld = "withheld";

export function withoutPlatform({ product }: Product): Product {
  return { product, version: withheld, os: withheld, arch: withheld, runtimeVersion: withheld };
}

export interface Written {
  readonly stored: number;
  readonly repeated: number;
}

/** The statements that every batch needs, prepared once for a connection. */
function prepareWriting(connection: Connection) {
  const columns = ["event_id", "session", "source", "seq", "ts", "utc_offset_min", "event_type", ...fieldNames];
  return {
    insert: connection.prepare(
      `INSERT INTO events (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
       ON CONFLICT DO NOTHING`,
    ),
    findSession: connection.prepare("SELECT id FROM sessions WHERE session_id = ?"),
    beginSession: connection.prepare(
      `INSERT INTO sessions (session_id, started_at, ended_at, product, version, os, arch, runtime_version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    ),
    extendSession: connection.prepare(
      "UPDATE sessions SET started_at = min(started_at, ?), ended_at = max(ended_at, ?) WHERE id = ?",
    ),
  };
}

const prepared = new WeakMap<Connection, ReturnType<typeof prepareWriting>>();

/**
 * Stores events and returns once they are durable. A second event with the sequence number of another one is a fault
 * of its source and counts as repeated, so that it never blocks the events beside it.
 * @throws SQLite's error, with nothing stored.
 */
export function writeEvents(connection: Connection, events: readonly CleanEvent[], product: Product): Written {
  const statements = prepared.get(connection) ?? prepareWriting(connection);
  prepared.set(connection, statements);
  const { insert, findSession, beginSession, extendSession } = statements;
  const { product: name, version, os, arch, runtimeVersion } = product;
  return immediately(connection, () => {
    const sessions = new Map<string, { id: Value; firstMs: number; lastMs: number }>();
    let stored = 0;
    for (const event of events) {
      const { id, sessionId, source, seq, tsMs, utcOffsetMin, type, payload } = event;
      let session = sessions.get(sessionId);
      if (session === undefined) {
        const row =
          findSession.get(sessionId) ??
          beginSession.get(sessionId, tsMs, tsMs, name, version, os, arch, runtimeVersion);
        session = { id: row?.["id"] ?? null, firstMs: Number.POSITIVE_INFINITY, lastMs: 0 };
        sessions.set(sessionId, session);
      }
      const values = fieldNames.map((name) => toCell(payload[name]));
      if (insert.run(id, session.id, source, seq, tsMs, utcOffsetMin, type, ...values) === 0) continue;
      stored += 1;
      session.firstMs = Math.min(session.firstMs, tsMs);
      session.lastMs = Math.max(session.lastMs, tsMs);
    }
    for (const { id, firstMs, lastMs } of sessions.values()) {
      if (lastMs > 0) extendSession.run(firstMs, lastMs, id);
    }
    return { stored, repeated: events.length - stored };
  });
}

export interface Totals {
  readonly events: number;
  readonly sessions: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
}

export function totals(connection: Connection): Totals {
  const row = connection
    .prepare(
      "SELECT count(*) events, min(ts) oldest, max(ts) newest, (SELECT count(*) FROM sessions) sessions FROM events",
    )
    .get();
  const orNull = (value: unknown) => (typeof value === "number" ? value : null);
  return {
    events: Number(row?.["events"] ?? 0),
    sessions: Number(row?.["sessions"] ?? 0),
    oldestMs: orNull(row?.["oldest"]),
    newestMs: orNull(row?.["newest"]),
  };
}

/** Every event with its session's columns, oldest commit first. */
export function readEvents(connection: Connection): IterableIterator<Row> {
  return connection
    .prepare(
      "SELECT e.*, s.session_id, s.started_at, s.product, s.version, s.os, s.arch, s.runtime_version FROM events e JOIN sessions s ON s.id = e.session ORDER BY e.id",
    )
    .iterate();
}
