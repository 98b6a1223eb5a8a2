/**
 * Writes events and keeps their sessions true, in one transaction. An event whose id is stored already changes
 * nothing: sending it again is harmless.
 */
import type { EventTypeName } from "../../shared/events.ts";
import { isAgent } from "../../shared/sources.ts";
import type { Architecture, System } from "../../shared/vocabulary/platforms.ts";
import { type CleanEvent, unnumbered } from "../privacy/clean.ts";
import { Barred } from "./barred.ts";
import { durationField, numbersOf } from "./columns.ts";
import { type Connection, immediately, perConnection, type Statement, type Value } from "./driver.ts";
import { uuidBytes } from "./ids.ts";
import { localHour } from "./local-time.ts";
import { RecentMetrics, Tallies } from "./metrics.ts";
import { WordTable } from "./words.ts";

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
  /** Were stored before. What has expired or was erased counts neither here nor there. */
  readonly repeated: number;
}

/** The consent to share under which events are written. */
export interface Shareable {
  /** The categories that may be shared (`categoryBits`). */
  readonly bits: number;
  /** When it was given: what happened before is not shared. Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** What a session's row counts, by type of event. */
const sessionCounts: Readonly<Partial<Record<EventTypeName, keyof SessionDelta["counts"]>>> = {
  command_finished: "commands",
  command_failed: "commands",
  command_cancelled: "commands",
  workspace_created: "workspaces",
  task_completed: "tasks",
  error_occurred: "errors",
  crash_detected: "errors",
};

interface SessionDelta {
  readonly id: Value;
  firstMs: number;
  lastMs: number;
  readonly counts: { commands: number; workspaces: number; tasks: number; errors: number };
}

interface StreamDelta {
  readonly id: number;
  /** The number of the next event that has none of its own. */
  nextSeq: number;
  firstSeq: number;
  lastSeq: number;
  received: number;
}

/** What every batch needs, prepared once for a connection. */
class Writer {
  readonly #connection: Connection;
  readonly #words: WordTable;
  readonly #metrics: RecentMetrics;
  readonly #barred: Barred;
  readonly #erasures: Statement;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #findSession: Statement;
  readonly #beginSession: Statement;
  readonly #extendSession: Statement;
  readonly #findStream: Statement;
  readonly #beginStream: Statement;
  readonly #extendStream: Statement;
  readonly #dropStream: Statement;
  readonly #dropSession: Statement;
  #erased = -1;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#words = new WordTable(connection);
    this.#metrics = new RecentMetrics(connection);
    this.#barred = new Barred(connection);
    this.#erasures = connection.prepare("SELECT value FROM state WHERE name = 'erasures'");
    this.#insert = connection.prepare(
      `INSERT INTO events (event_id, stream, seq, words, ts, utc_offset_min, duration_ms, numbers,
         committed_at, share)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#findSession = connection.prepare("SELECT id FROM sessions WHERE session_id = ?");
    this.#beginSession = connection.prepare(
      `INSERT INTO sessions (session_id, started_at, ended_at, product, version, os, arch, runtime_version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.#extendSession = connection.prepare(
      `UPDATE sessions SET started_at = min(started_at, ?), ended_at = max(ended_at, ?),
         commands_executed = commands_executed + ?, workspaces_created = workspaces_created + ?,
         tasks_completed = tasks_completed + ?, errors_encountered = errors_encountered + ? WHERE id = ?`,
    );
    this.#find = connection.prepare("SELECT 1 FROM events WHERE event_id = ?");
    this.#findStream = connection.prepare("SELECT id, last_seq FROM streams WHERE session = ? AND source = ?");
    this.#beginStream = connection.prepare(
      "INSERT INTO streams (session, source, first_seq) VALUES (?, ?, ?) RETURNING id, last_seq",
    );
    this.#dropStream = connection.prepare("DELETE FROM streams WHERE id = ? AND received = 0");
    this.#dropSession = connection.prepare(
      "DELETE FROM sessions WHERE id = ? AND NOT EXISTS (SELECT 1 FROM streams WHERE session = ?)",
    );
    this.#extendStream = connection.prepare(
      `UPDATE streams SET first_seq = min(first_seq, ?), last_seq = max(last_seq, ?), received = received + ? WHERE id = ?`,
    );
  }

  write(
    events: readonly CleanEvent[],
    product: Product,
    share: Shareable | undefined,
    also: ((connection: Connection) => void) | undefined,
  ): Written {
    return immediately(this.#connection, () => {
      also?.(this.#connection);
      this.#notice();
      const sessions = new Map<string, SessionDelta>();
      const streams = new Map<string, StreamDelta>();
      const tallies = new Tallies();
      let stored = 0;
      let barred = 0;
      let last: { readonly sessionId: string; readonly source: string } | undefined;
      let session: SessionDelta | undefined;
      let stream: StreamDelta | undefined;
      for (const event of events) {
        if (this.#barred.has(event)) {
          barred += 1;
          continue;
        }
        const { id, tsMs, utcOffsetMin, payload } = event;
        // Events mostly come one after the other from one source.
        if (
          session === undefined ||
          stream === undefined ||
          last?.sessionId !== event.sessionId ||
          last.source !== event.source
        ) {
          session = this.#session(sessions, event, product);
          stream = this.#stream(streams, session.id, event);
          last = event;
        }
        // An event that its source did not number is the next one, where it is new.
        if (event.seq === unnumbered && this.#find.get(uuidBytes(id)) !== undefined) continue;
        const seq = event.seq === unnumbered ? stream.nextSeq : event.seq;
        const words = this.#words.idOf(event);
        const duration = payload[durationField];
        const durationMs = typeof duration === "number" ? duration : undefined;
        const numbers = numbersOf(payload);
        const mayShare = share !== undefined && tsMs >= share.sinceMs;
        const inserted = this.#insert.run(
          uuidBytes(id),
          stream.id,
          seq,
          words,
          tsMs,
          utcOffsetMin,
          durationMs ?? null,
          numbers === undefined ? null : JSON.stringify(numbers),
          mayShare ? share.nowMs : null,
          mayShare ? share.bits : null,
        );
        if (inserted === 0) continue;
        stored += 1;
        session.firstMs = Math.min(session.firstMs, tsMs);
        session.lastMs = Math.max(session.lastMs, tsMs);
        const counted = countedAs(event);
        if (counted !== undefined) session.counts[counted] += 1;
        stream.nextSeq = Math.max(stream.nextSeq, seq + 1);
        stream.firstSeq = Math.min(stream.firstSeq, seq);
        stream.lastSeq = Math.max(stream.lastSeq, seq);
        stream.received += 1;
        tallies.add(localHour(tsMs, utcOffsetMin), words, durationMs, numbers);
      }
      for (const { id, firstMs, lastMs, counts } of sessions.values()) {
        const { commands, workspaces, tasks, errors } = counts;
        if (lastMs > 0) this.#extendSession.run(firstMs, lastMs, commands, workspaces, tasks, errors, id);
      }
      for (const { id, firstSeq, lastSeq, received } of streams.values()) {
        if (received > 0) this.#extendStream.run(firstSeq, lastSeq, received, id);
      }
      // A repeat under another session begins none.
      if (stored < events.length) this.#tidy(sessions.values(), streams.values());
      this.#metrics.append(tallies);
      return { stored, repeated: events.length - stored - barred };
    });
  }

  #tidy(sessions: Iterable<SessionDelta>, streams: Iterable<StreamDelta>): void {
    for (const { id, received } of streams) if (received === 0) this.#dropStream.run(id);
    for (const { id, lastMs } of sessions) if (lastMs === 0) this.#dropSession.run(id, id);
  }

  /** Ids of words may be gone since another process erased something. */
  #notice(): void {
    const erased = Number(this.#erasures.get()?.["value"]);
    if (erased !== this.#erased) this.#words.forget();
    this.#barred.read(erased !== this.#erased);
    this.#erased = erased;
  }

  #session(known: Map<string, SessionDelta>, { sessionId, tsMs }: CleanEvent, product: Product): SessionDelta {
    let session = known.get(sessionId);
    if (session === undefined) {
      const { product: name, version, os, arch, runtimeVersion } = product;
      const row =
        this.#findSession.get(sessionId) ??
        this.#beginSession.get(sessionId, tsMs, tsMs, name, version, os, arch, runtimeVersion);
      session = {
        id: row?.["id"] ?? null,
        firstMs: Number.POSITIVE_INFINITY,
        lastMs: 0,
        counts: { commands: 0, workspaces: 0, tasks: 0, errors: 0 },
      };
      known.set(sessionId, session);
    }
    return session;
  }

  #stream(known: Map<string, StreamDelta>, session: Value, { sessionId, source, seq }: CleanEvent): StreamDelta {
    const key = `${sessionId} ${source}`;
    let stream = known.get(key);
    if (stream === undefined) {
      const first = seq === unnumbered ? 1 : seq;
      const row = this.#findStream.get(session, source) ?? this.#beginStream.get(session, source, first);
      const nextSeq = Number(row?.["last_seq"]) + 1;
      stream = { id: Number(row?.["id"]), nextSeq, firstSeq: Number.POSITIVE_INFINITY, lastSeq: 0, received: 0 };
      known.set(key, stream);
    }
    return stream;
  }
}

/** A command is counted where it ends, in a terminal too; what an agent runs is a use of its tool. */
function countedAs({ type, payload, source }: CleanEvent): keyof SessionDelta["counts"] | undefined {
  const ended =
    type === "agent_event" &&
    payload["tool_phase"] === "end" &&
    payload["tool_name"] === "run_terminal_cmd" &&
    !isAgent(source);
  return ended ? "commands" : sessionCounts[type];
}

const writerOf = perConnection((connection) => new Writer(connection));

/**
 * Stores events and returns once they are durable. A second event with the sequence number of another one is a fault
 * of its source and counts as repeated, so that it never blocks the events beside it.
 * @throws SQLite's error, with nothing stored.
 */
export function writeEvents(
  connection: Connection,
  events: readonly CleanEvent[],
  product: Product,
  share?: Shareable,
  also?: (connection: Connection) => void,
): Written {
  return writerOf(connection).write(events, product, share, also);
}

export interface Totals {
  readonly events: number;
  readonly sessions: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  /** Numbers between the events of a source that never came: refused by the firewall, or lost. */
  readonly missing: number;
}

/** Events are stored nearly in the order of their times: among so many at either end is the oldest and the newest. */
const looked = 1_000;

export function totals(connection: Connection): Totals {
  const row = connection
    .prepare(
      `SELECT count(*) events, (SELECT count(*) FROM sessions) sessions,
         (SELECT min(ts) FROM (SELECT ts FROM events ORDER BY id LIMIT ${looked})) oldest,
         (SELECT max(ts) FROM (SELECT ts FROM events ORDER BY id DESC LIMIT ${looked})) newest,
         (SELECT total(last_seq - first_seq + 1 - received) FROM streams WHERE received > 0) missing FROM events`,
    )
    .get();
  const orNull = (value: unknown) => (typeof value === "number" ? value : null);
  return {
    events: Number(row?.["events"] ?? 0),
    sessions: Number(row?.["sessions"] ?? 0),
    oldestMs: orNull(row?.["oldest"]),
    newestMs: orNull(row?.["newest"]),
    missing: Number(row?.["missing"] ?? 0),
  };
}
