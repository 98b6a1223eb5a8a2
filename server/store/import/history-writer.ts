/**
 * Writes what agents' files say under its origin, each response and tool use once: a keyed digest stays of all, also when the event
 * expires or is too old to be stored. Call `write` in a transaction.
 */
import { randomUUID } from "node:crypto";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import { durationField, measuresOf } from "../columns.ts";
import type { Connection, Row, SqlValue, Statement } from "../driver/driver.ts";
import { DimensionTable } from "../events/dimensions.ts";
import { continues, SessionTable, silenceMs, spanOf } from "../events/sessions.ts";
import { uuidBytes } from "../events/uuid-bytes.ts";
import type { ProductInfo } from "../events/write.ts";
import { dayOfHour, localHour } from "../rollups/local-time.ts";
import { HourlyTotals, RollupTable, type TakenEvent } from "../rollups/rollups.ts";
import type { Exactness } from "./origins.ts";

/** What a record adds; a larger snapshot of a response takes the place of a smaller one. */
export interface HistoryRecord {
  readonly event: CleanEvent;
  readonly exactness: Exactness;
  /** Whether a larger snapshot may come, and how large this one is. */
  readonly mayGrow: boolean;
  readonly size: number;
  /** Whether it was recorded when it happened, if not under the same ID. */
  readonly isCovered: boolean;
  /** Whether it is of a time that the user deleted. */
  readonly isDeleted: boolean;
  /** IDs of other records of the same use, which are known with it. */
  readonly aliases: readonly string[];
  /** Returns the IDs with which it may have been recorded when it happened. */
  readonly liveIds: () => readonly string[];
}

/** Records by what became of them. */
export interface HistoryCounts {
  added: number;
  /** A larger snapshot of a response. */
  replaced: number;
  /** Imported before. */
  known: number;
  /** Of a time that the user deleted. */
  skipped: number;
  /** Recorded when it happened. */
  live: number;
}

/** What was counted of a record that may grow. */
interface Partial extends TakenEvent {
  readonly size: number;
}

const digestBytes = 8;

export class HistoryWriter {
  readonly #origins: Readonly<Record<Exactness, number>>;
  readonly #dimensions: Readonly<Record<Exactness, DimensionTable>>;
  readonly #sessions: SessionTable;
  readonly #product: ProductInfo;
  readonly #totals: RollupTable;
  readonly #digest: Statement;
  readonly #addDigest: Statement;
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #originOfDimensions: Statement;
  readonly #beginSession: Statement;
  readonly #extendSession: Statement;
  readonly #imported: Statement;
  readonly #stream: Statement;
  readonly #extendStream: Statement;

  constructor(connection: Connection, origins: Readonly<Record<Exactness, number>>, product: ProductInfo) {
    this.#origins = origins;
    this.#product = product;
    this.#dimensions = {
      exact: new DimensionTable(connection, origins.exact),
      lower_bound: new DimensionTable(connection, origins.lower_bound),
    };
    this.#sessions = new SessionTable(connection);
    this.#totals = new RollupTable(connection);
    this.#digest = connection.prepare("SELECT partial FROM imported WHERE digest = ?");
    this.#addDigest = connection.prepare(
      "INSERT OR REPLACE INTO imported (digest, origin, day, partial) VALUES (?, ?, ?, ?)",
    );
    this.#find = connection.prepare("SELECT 1 FROM events WHERE event_id = ?");
    this.#insert = connection.prepare(
      `INSERT INTO events (event_id, stream, seq, dimensions, ts, utc_offset_min, duration_ms, numbers)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#update = connection.prepare(
      "UPDATE events SET dimensions = ?, ts = ?, utc_offset_min = ?, duration_ms = ?, numbers = ? WHERE event_id = ?",
    );
    this.#originOfDimensions = connection.prepare("SELECT origin FROM dimensions WHERE id = ?");
    this.#beginSession = connection.prepare(
      `INSERT INTO sessions (session_id, stem, origin, started_at, ended_at, product, version, os, arch, runtime_version, own)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) RETURNING id, origin, started_at, ended_at`,
    );
    this.#extendSession = connection.prepare(
      "UPDATE sessions SET started_at = min(started_at, ?), ended_at = max(ended_at, ?) WHERE id = ? AND origin > 0",
    );
    this.#imported = connection.prepare(
      `SELECT id, started_at, ended_at FROM sessions
       WHERE stem = ? AND origin IN (${Object.values(origins).join(", ")}) AND (session_id LIKE 'expired-%') = ?
         AND ended_at > ? AND started_at < ?`,
    );
    this.#stream = connection.prepare(
      `INSERT INTO streams (session, source, first_seq, base) VALUES (?, ?, 1, 0)
       ON CONFLICT (session, source) DO UPDATE SET source = source RETURNING id, last_seq`,
    );
    this.#extendStream = connection.prepare(
      "UPDATE streams SET last_seq = last_seq + ?, received = received + ? WHERE id = ?",
    );
  }

  /** `oldestMs`: of earlier days only totals are kept. `records` are of one agent, in the order of their times. */
  write(records: readonly HistoryRecord[], oldestMs: number, counts: HistoryCounts): void {
    const totals = new HourlyTotals();
    const ids = new Set<string>();
    const isFirst = ({ event: { id } }: HistoryRecord) => ids.size !== ids.add(id).size;
    const fresh = records.filter((record) => this.#isNew(record, counts)).filter(isFirst);
    for (const record of records) this.#knowAliases(record);
    for (const stretch of stretchesOf(fresh)) {
      const lastMs = stretch.at(-1)?.event.tsMs ?? 0;
      const isStored = lastMs >= oldestMs;
      const session = this.#sessionOf(stretch, isStored);
      if (isStored) this.#addEvents(stretch, session);
      for (const record of stretch) this.#count(record, totals);
      counts.added += stretch.length;
    }
    const closedDay = this.#totals.closedDay();
    for (const entry of totals) this.#totals.add(entry, closedDay);
  }

  #knowAliases({ event, exactness, aliases }: HistoryRecord): void {
    for (const id of aliases) {
      const digest = uuidBytes(id).subarray(0, digestBytes);
      const day = dayOfHour(localHour(event.tsMs, event.utcOffsetMin));
      if (this.#digest.get(digest) === undefined) this.#addDigest.run(digest, this.#origins[exactness], day, null);
    }
  }

  /** Counts what is known, and replaces what is known in part. */
  #isNew(record: HistoryRecord, counts: HistoryCounts): boolean {
    const { event, isCovered, isDeleted, liveIds } = record;
    const id = uuidBytes(event.id);
    const known = this.#digest.get(id.subarray(0, digestBytes));
    if (known !== undefined) {
      const { partial } = known;
      const isLarger = typeof partial === "string" && this.#replace(JSON.parse(partial), record);
      counts[isLarger ? "replaced" : "known"] += 1;
      return false;
    }
    if (isDeleted) {
      counts.skipped += 1;
      return false;
    }
    if (!isCovered && !liveIds().some((one) => this.#find.get(uuidBytes(one)) !== undefined)) return true;
    counts.live += 1;
    return false;
  }

  /** Returns whether the snapshot is larger. What was erased meanwhile stays erased. */
  #replace(old: Partial, record: HistoryRecord): boolean {
    if (record.size <= old.size) return false;
    const { event } = record;
    const isOurs = Object.values(this.#origins).some(
      (origin) => this.#originOfDimensions.get(old.dimensions)?.["origin"] === origin,
    );
    const closedDay = this.#totals.closedDay();
    if (!isOurs || !this.#totals.take(old, closedDay)) return false;
    const added = new HourlyTotals();
    const dimensions = this.#count(record, added);
    for (const entry of added) this.#totals.add(entry, closedDay);
    const { tsMs, utcOffsetMin } = event;
    this.#update.run(dimensions, tsMs, utcOffsetMin, ...measureCells(event), uuidBytes(event.id));
    return true;
  }

  /** Adds a record to the totals and keeps its digest. Returns the ID of its dimensions. */
  #count({ event, exactness, mayGrow, size }: HistoryRecord, totals: HourlyTotals): number {
    const { payload } = event;
    const dimensions = this.#dimensions[exactness].idOf(event);
    const hour = localHour(event.tsMs, event.utcOffsetMin);
    const elapsed = payload[durationField];
    const numbers = measuresOf(payload);
    if (typeof elapsed === "number") totals.addElapsed(hour, dimensions, elapsed);
    else totals.add(hour, dimensions, undefined, numbers);
    const partial = !mayGrow
      ? null
      : JSON.stringify({
          size,
          hour,
          dimensions,
          numbers: numbers ?? {},
          ...(typeof elapsed === "number" ? { elapsedMs: elapsed } : {}),
        });
    const digest = uuidBytes(event.id).subarray(0, digestBytes);
    this.#addDigest.run(digest, this.#origins[exactness], dayOfHour(hour), partial);
    return dimensions;
  }

  #addEvents(stretch: readonly HistoryRecord[], session: SqlValue): void {
    const stream = this.#stream.get(session, stretch[0]?.event.source ?? null) ?? {};
    const { id = null, last_seq: last } = stream;
    let seq = Number(last);
    for (const { event, exactness } of stretch) {
      seq += 1;
      this.#insert.run(
        uuidBytes(event.id),
        id,
        seq,
        this.#dimensions[exactness].idOf(event),
        event.tsMs,
        event.utcOffsetMin,
        ...measureCells(event),
      );
    }
    this.#extendStream.run(stretch.length, stretch.length, id);
  }

  /** Returns the row of the session that a stretch belongs to. A session that was recorded live does not change. */
  #sessionOf(stretch: readonly HistoryRecord[], isStored: boolean): SqlValue {
    const [first] = stretch;
    if (first === undefined) return null;
    const [startMs, endMs] = [first.event.tsMs, stretch.at(-1)?.event.tsMs ?? first.event.tsMs];
    const name = this.#sessions.nameOf(first.event, 0);
    // Shells do not name their sessions.
    const stem = name.stem ?? first.event.sessionId;
    const found = this.#sessions.find(name, first.event) ?? this.#importedSession(stem, isStored, first.event);
    if (found !== undefined) {
      this.#extendSession.run(startMs, endMs, found["id"] ?? null);
      return found["id"] ?? null;
    }
    const { product, version, os, arch, runtimeVersion } = this.#product;
    // Live events never join it: what is shared of a session must not depend on the import.
    const id = isStored ? randomUUID() : `expired-${randomUUID()}`;
    const origin = this.#origins[first.exactness];
    const row = this.#beginSession.get(id, stem, origin, startMs, endMs, product, version, os, arch, runtimeVersion);
    return row?.["id"] ?? null;
  }

  #importedSession(stem: string, isStored: boolean, event: CleanEvent): Row | undefined {
    return this.#imported
      .all(stem, isStored ? 0 : 1, event.tsMs - silenceMs, event.tsMs + silenceMs)
      .find((row) => continues(spanOf(row), event));
  }
}

/** The cells duration_ms and numbers. */
function measureCells({ payload }: CleanEvent): readonly [duration: SqlValue, numbers: SqlValue] {
  const duration = payload[durationField];
  const numbers = measuresOf(payload);
  return [typeof duration === "number" ? duration : null, numbers === undefined ? null : JSON.stringify(numbers)];
}

/** Returns whether the record of an event was imported, by the event's ID. */
export const isImported = (connection: Connection, id: string): boolean =>
  connection.prepare("SELECT 1 FROM imported WHERE digest = ?").get(uuidBytes(id).subarray(0, digestBytes)) !==
  undefined;

/** Returns how many digests are kept of all imports, and about how many bytes they take. */
export function digestSize(connection: Connection): { readonly count: number; readonly bytes: number } {
  const row = connection
    .prepare("SELECT count(*) count, total(length(digest) + length(ifnull(partial, '')) + 8) bytes FROM imported")
    .get();
  return { count: Number(row?.["count"] ?? 0), bytes: Number(row?.["bytes"] ?? 0) };
}

/** Divides records where a session ends: by conversation, after 30 minutes of silence, and at midnight. */
function* stretchesOf(records: readonly HistoryRecord[]): Iterable<readonly HistoryRecord[]> {
  const open = new Map<string, { records: HistoryRecord[]; span: { startMs: number; endMs: number } }>();
  for (const record of records) {
    const { event } = record;
    const last = open.get(event.sessionId);
    if (last !== undefined && continues(last.span, event)) {
      last.records.push(record);
      last.span.endMs = Math.max(last.span.endMs, event.tsMs);
      last.span.startMs = Math.min(last.span.startMs, event.tsMs);
      continue;
    }
    if (last !== undefined) yield last.records;
    open.set(event.sessionId, { records: [record], span: { startMs: event.tsMs, endMs: event.tsMs } });
  }
  for (const { records: rest } of open.values()) yield rest;
}
