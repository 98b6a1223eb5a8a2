/**
 * Writes events, sessions, streams and rollups in one transaction. Idempotent: an event whose ID is
 * already stored changes nothing.
 */
import { randomUUID } from "node:crypto";
import type { EventTypeName } from "../../../shared/schema/events.ts";
import { isAgent } from "../../../shared/schema/sources.ts";
import { isOwnCommand } from "../../../shared/vocabulary/own-commands.ts";
import type { Architecture, System } from "../../../shared/vocabulary/platforms.ts";
import { type CleanEvent, noSequence } from "../../privacy/clean-event.ts";
import { durationField, measuresOf } from "../columns.ts";
import { type Connection, immediately, perConnection, type Statement } from "../driver/driver.ts";
import { localHour } from "../rollups/local-time.ts";
import { HourlyTotals, RecentRollups } from "../rollups/rollups.ts";
import { readNumber } from "../state.ts";
import { DimensionTable } from "./dimensions.ts";
import { extend, type SessionDelta, SessionDeltas, SessionTable } from "./sessions.ts";
import { Tombstones } from "./tombstones.ts";
import { uuidBytes } from "./uuid-bytes.ts";

/** Product and platform of this process, stored with each new session. */
export interface ProductInfo {
  readonly product: string;
  readonly version: string;
  readonly os: System | typeof withheld;
  readonly arch: Architecture | typeof withheld;
  readonly runtimeVersion: string;
}

/** Replaces platform fields without consent to the category `platform`. */
const withheld = "withheld";

export function withoutPlatform({ product }: ProductInfo): ProductInfo {
  return { product, version: withheld, os: withheld, arch: withheld, runtimeVersion: withheld };
}

export interface WriteResult {
  readonly stored: number;
  /** Already stored. */
  readonly repeated: number;
  /** Rejected by the low watermark: expired, purged, or dated by a wrong clock. */
  readonly belowWatermark: number;
}

export interface Writing {
  readonly product: ProductInfo;
  readonly nowMs: number;
  readonly share: ShareConsent | undefined;
  /** Writes more in the same transaction. */
  readonly also: ((connection: Connection) => void) | undefined;
}

/** The consent to share that applies to the written events. */
export interface ShareConsent {
  /** The categories that may be shared (`categoryBits`). */
  readonly bits: number;
  /** Start of the consent in milliseconds since 1970; earlier events are never shared. */
  readonly sinceMs: number;
}

/** Counter of the session row by event type. */
const sessionCounts: Readonly<Partial<Record<EventTypeName, keyof SessionDelta["counts"]>>> = {
  command_finished: "commands",
  command_failed: "commands",
  command_cancelled: "commands",
  workspace_created: "workspaces",
  task_completed: "tasks",
  error_occurred: "errors",
  crash_detected: "errors",
};

interface StreamDelta {
  readonly id: number;
  /** Sequence number for the next event without one. */
  nextSeq: number;
  firstSeq: number;
  lastSeq: number;
  received: number;
}

/** Prepared statements and caches of a connection. */
class Writer {
  readonly #connection: Connection;
  readonly #dimensions: DimensionTable;
  readonly #metrics: RecentRollups;
  readonly #tombstones: Tombstones;
  readonly #erasures: Statement;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #sessions: SessionTable;
  readonly #beginSession: Statement;
  readonly #extendSession: Statement;
  readonly #findStream: Statement;
  readonly #beginStream: Statement;
  readonly #extendStream: Statement;
  readonly #dropStream: Statement;
  readonly #dropSession: Statement;
  readonly #pseudonymSince: Statement;
  #erased = -1;
  /** Start of the pseudonym in milliseconds since 1970. */
  #pseudonymSinceMs = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#dimensions = new DimensionTable(connection);
    this.#metrics = new RecentRollups(connection);
    this.#tombstones = new Tombstones(connection);
    this.#erasures = connection.prepare("SELECT value FROM state WHERE name = 'erasures'");
    this.#insert = connection.prepare(
      `INSERT INTO events (event_id, stream, seq, dimensions, ts, utc_offset_min, duration_ms, numbers,
         committed_at, share)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#sessions = new SessionTable(connection);
    this.#beginSession = connection.prepare(
      `INSERT INTO sessions (session_id, stem, started_at, ended_at, product, version, os, arch, runtime_version, own)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id, started_at, ended_at`,
    );
    this.#extendSession = connection.prepare(
      `UPDATE sessions SET started_at = min(started_at, ?), ended_at = max(ended_at, ?),
         commands_executed = commands_executed + ?, workspaces_created = workspaces_created + ?,
         tasks_completed = tasks_completed + ?, errors_encountered = errors_encountered + ?,
         own = min(own, ?) WHERE id = ?`,
    );
    this.#pseudonymSince = connection.prepare("SELECT since FROM sharing");
    this.#find = connection.prepare("SELECT 1 FROM events WHERE event_id = ?");
    this.#findStream = connection.prepare("SELECT id, last_seq FROM streams WHERE session = ? AND source = ?");
    this.#beginStream = connection.prepare(
      "INSERT INTO streams (session, source, first_seq, base) VALUES (?, ?, ?, ?) RETURNING id, last_seq",
    );
    this.#dropStream = connection.prepare("DELETE FROM streams WHERE id = ? AND received = 0");
    this.#dropSession = connection.prepare(
      "DELETE FROM sessions WHERE id = ? AND NOT EXISTS (SELECT 1 FROM streams WHERE session = ?)",
    );
    this.#extendStream = connection.prepare(
      `UPDATE streams SET first_seq = min(first_seq, ?), last_seq = max(last_seq, ?), received = received + ? WHERE id = ?`,
    );
  }

  write(events: readonly CleanEvent[], { product, nowMs, share, also }: Writing): WriteResult {
    return immediately(this.#connection, () => {
      also?.(this.#connection);
      this.#checkErasures(nowMs);
      const sessions = new SessionDeltas();
      const streams = new Map<string, StreamDelta>();
      const totals = new HourlyTotals();
      let stored = 0;
      let erased = 0;
      let belowWatermark = 0;
      let last: { readonly session: SessionDelta; readonly source: string } | undefined;
      let stream: StreamDelta | undefined;
      for (const event of events) {
        const bar = this.#tombstones.of(event);
        if (bar !== undefined) {
          if (bar === "erased") erased += 1;
          else belowWatermark += 1;
          continue;
        }
        const { id, tsMs, utcOffsetMin, payload } = event;
        const session = this.#session(sessions, event, product);
        // Consecutive events mostly belong to the same stream.
        if (stream === undefined || last?.session !== session || last.source !== event.source) {
          stream = this.#stream(streams, session, event);
          last = { session, source: event.source };
        }
        // Check for a repeat first: an unnumbered event would always get a new sequence number.
        if (event.seq === noSequence && this.#isStored(id)) continue;
        const dimensions = this.#dimensions.idOf(event);
        const duration = payload[durationField];
        const durationMs = typeof duration === "number" ? duration : undefined;
        const numbers = measuresOf(payload);
        const mayShare = share !== undefined && tsMs >= Math.max(share.sinceMs, this.#pseudonymSinceMs);
        const numbersText = numbers === undefined ? null : JSON.stringify(numbers);
        const [committedMs, bits] = mayShare ? [nowMs, share.bits] : [null, null];
        const { id: streamId } = stream;
        const insert = (seq: number) => {
          const key = [uuidBytes(id), streamId, seq] as const;
          const cells = [dimensions, tsMs, utcOffsetMin, durationMs ?? null, numbersText, committedMs, bits] as const;
          return this.#insert.run(...key, ...cells) > 0;
        };
        let seq = event.seq === noSequence ? stream.nextSeq : event.seq;
        if (!insert(seq)) {
          if (this.#isStored(id)) continue;
          // An unnumbered event already uses this sequence number; take the next free one.
          seq = stream.nextSeq;
          if (!insert(seq)) continue;
        }
        stored += 1;
        extend(session, tsMs);
        const isOwn = isOwnCommandEvent(event);
        if (!isOwn) session.isOwn = false;
        const counted = isOwn ? undefined : countedAs(event);
        if (counted !== undefined) session.counts[counted] += 1;
        stream.nextSeq = Math.max(stream.nextSeq, seq + 1);
        stream.firstSeq = Math.min(stream.firstSeq, seq);
        stream.lastSeq = Math.max(stream.lastSeq, seq);
        stream.received += 1;
        totals.add(localHour(tsMs, utcOffsetMin), dimensions, durationMs, numbers);
      }
      for (const { id, firstMs, lastMs, counts, isOwn } of sessions) {
        const { commands, workspaces, tasks, errors } = counts;
        if (lastMs > 0)
          this.#extendSession.run(firstMs, lastMs, commands, workspaces, tasks, errors, isOwn ? 1 : 0, id);
      }
      for (const { id, firstSeq, lastSeq, received } of streams.values()) {
        if (received > 0) this.#extendStream.run(firstSeq, lastSeq, received, id);
      }
      // Drop sessions and streams that were created for repeated events only.
      if (stored < events.length) this.#recount(sessions, streams.values());
      this.#metrics.append(totals);
      this.#tombstones.count(belowWatermark);
      return { stored, repeated: events.length - stored - erased - belowWatermark, belowWatermark };
    });
  }

  #isStored(id: string): boolean {
    return this.#find.get(uuidBytes(id)) !== undefined;
  }

  #recount(sessions: Iterable<SessionDelta>, streams: Iterable<StreamDelta>): void {
    for (const { id, received } of streams) if (received === 0) this.#dropStream.run(id);
    for (const { id, lastMs } of sessions) if (lastMs === 0) this.#dropSession.run(id, id);
  }

  /** Reloads caches after another process erased data: cached dimension IDs may no longer exist. */
  #checkErasures(nowMs: number): void {
    const erased = Number(this.#erasures.get()?.["value"]);
    const somethingErased = erased !== this.#erased;
    if (somethingErased) {
      this.#dimensions.clearCache();
      this.#sessions.follow();
    }
    this.#tombstones.read(somethingErased, nowMs);
    this.#pseudonymSinceMs = Number(this.#pseudonymSince.get()?.["since"] ?? 0);
    this.#erased = erased;
  }

  #session(deltas: SessionDeltas, event: CleanEvent, product: ProductInfo): SessionDelta {
    const session = this.#sessions.nameOf(event, this.#pseudonymSinceMs);
    const existing = deltas.find(session, event);
    if (existing !== undefined) return existing;
    const { tsMs } = event;
    const { product: name, version, os, arch, runtimeVersion } = product;
    const row =
      this.#sessions.find(session, event) ??
      this.#beginSession.get(
        session.id ?? randomUUID(),
        session.stem ?? null,
        tsMs,
        tsMs,
        name,
        version,
        os,
        arch,
        runtimeVersion,
      );
    return deltas.add(session, row ?? {});
  }

  #stream(deltas: Map<string, StreamDelta>, { id: session }: SessionDelta, { source, seq }: CleanEvent): StreamDelta {
    const key = `${session} ${source}`;
    let stream = deltas.get(key);
    if (stream === undefined) {
      const first = seq === noSequence ? 1 : seq;
      const base = this.#sessions.goOn ? first - 1 : 0;
      const row = this.#findStream.get(session, source) ?? this.#beginStream.get(session, source, first, base);
      const nextSeq = Number(row?.["last_seq"]) + 1;
      stream = { id: Number(row?.["id"]), nextSeq, firstSeq: Number.POSITIVE_INFINITY, lastSeq: 0, received: 0 };
      deltas.set(key, stream);
    }
    return stream;
  }
}

/** Returns whether an event is about a command of this product: those are not the user's work. */
export const isOwnCommandEvent = ({
  type,
  source,
  payload,
}: Pick<CleanEvent, "type" | "payload" | "source">): boolean =>
  isOwnCommand({ type, source, commandPath: payload["command_path"] });

/** Terminal commands count when they end; commands that an agent runs are tool calls. */
export function countedAs({
  type,
  payload,
  source,
}: Pick<CleanEvent, "type" | "payload" | "source">): keyof SessionDelta["counts"] | undefined {
  const isCommandEnd =
    type === "agent_event" &&
    payload["tool_phase"] === "end" &&
    payload["tool_name"] === "run_terminal_cmd" &&
    !isAgent(source);
  return isCommandEnd ? "commands" : sessionCounts[type];
}

const writerOf = perConnection((connection) => new Writer(connection));

/**
 * Stores events and returns once they are durable. If a sequence number is already used by another
 * event, assigns the next free one, so that no event is lost.
 * @throws SQLite's error; then nothing is stored.
 */
export function writeEvents(connection: Connection, events: readonly CleanEvent[], writing: Writing): WriteResult {
  return writerOf(connection).write(events, writing);
}

export interface Totals {
  readonly events: number;
  readonly sessions: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  /** Sequence numbers without an event: dropped by the firewall, or lost. */
  readonly missing: number;
  /** Events rejected by the low watermark since the last purge. */
  readonly belowWatermark: number;
}

/** Events are almost in time order, except imported ones: the oldest is among the first rows. */
const sampledRows = 1_000;

export function totals(connection: Connection): Totals {
  const row = connection
    .prepare(
      `SELECT count(*) events, (SELECT count(*) FROM sessions) sessions,
         (SELECT min(ts) FROM (SELECT ts FROM events ORDER BY id LIMIT ${sampledRows})) oldest,
         (SELECT max(ended_at) FROM sessions WHERE session_id NOT LIKE 'expired-%') newest,
         (SELECT min(started_at) FROM sessions WHERE origin > 0 AND session_id NOT LIKE 'expired-%') imported,
         (SELECT total(last_seq - first_seq + 1 - received) FROM streams WHERE received > 0) missing FROM events`,
    )
    .get();
  const orNull = (value: unknown) => (typeof value === "number" ? value : null);
  const known = [row?.["oldest"], row?.["imported"]].filter((ms) => typeof ms === "number");
  const oldestMs = known.length === 0 ? null : Math.min(...known);
  return {
    events: Number(row?.["events"] ?? 0),
    sessions: Number(row?.["sessions"] ?? 0),
    oldestMs,
    newestMs: orNull(row?.["newest"]),
    missing: Number(row?.["missing"] ?? 0),
    belowWatermark: readNumber(connection, "below_watermark"),
  };
}
