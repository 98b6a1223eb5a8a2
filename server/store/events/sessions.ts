/**
 * Assigns events to sessions. Most sources name their session. An agent's session may last for
 * days, so it is split after 30 minutes without events and at local midnight (privacy: sessions
 * rotate daily). Stored IDs are also derived from a random number that changes with a purge and
 * with the pseudonym: no sequence number is used twice, and nothing links two pseudonyms.
 */
import { createHash, randomInt } from "node:crypto";
import { isAgent } from "../../../shared/schema/sources.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import type { Connection, Row, SqlValue, Statement } from "../driver/driver.ts";
import { dayOfHour, localHour } from "../rollups/local-time.ts";
import { addTo, readNumber, setNumber } from "../state.ts";

/** Limit of the random number that session IDs are derived from (`randomInt` takes 48 bits). */
const maxEpoch = 2 ** 47;

/**
 * Makes every source start a new session with sequence numbers from 1: after a purge, and with a
 * new pseudonym. Call it in a transaction.
 */
export function beginSessions(connection: Connection): void {
  setNumber(connection, "session_epoch", randomInt(1, maxEpoch));
  // Other processes reload their caches when this changes.
  addTo(connection, "erasures", 1);
}

/** An agent's session ends after this time without events. */
export const silenceMs = 30 * 60_000;

/** Cached names; a batch mostly contains one session. */
const maxCached = 256;

/** Names a session by ID; an agent's by the stem that all sessions of one conversation share. */
export interface SessionName {
  readonly id: string | undefined;
  readonly stem: string | undefined;
}

/** Milliseconds since 1970. */
export interface Span {
  startMs: number;
  endMs: number;
}

type Moment = Pick<CleanEvent, "tsMs" | "utcOffsetMin">;

/** Returns whether an event continues an agent's session. */
export function continues({ startMs, endMs }: Span, { tsMs, utcOffsetMin }: Moment): boolean {
  const day = (ms: number) => dayOfHour(localHour(ms, utcOffsetMin));
  return tsMs > startMs - silenceMs && tsMs < endMs + silenceMs && day(startMs) === day(tsMs);
}

export class SessionTable {
  readonly #connection: Connection;
  readonly #byId: Statement;
  readonly #byStem: Statement;
  readonly #names = new Map<string, SessionName>();
  #epoch: number;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#byId = connection.prepare("SELECT id, started_at, ended_at FROM sessions WHERE session_id = ?");
    this.#byStem = connection.prepare(
      `SELECT id, started_at, ended_at FROM sessions WHERE stem = ? AND ended_at > ? AND started_at < ? AND origin = 0
       ORDER BY ended_at DESC`,
    );
    this.#epoch = readNumber(connection, "session_epoch");
  }

  /** Returns whether sessions were renewed, so that sequence numbers may not start at 1. */
  get goOn(): boolean {
    return this.#epoch !== 0;
  }

  /** Reloads after another process purged or started a new pseudonym. */
  follow(): void {
    this.#epoch = readNumber(this.#connection, "session_epoch");
    this.#names.clear();
  }

  /** `sinceMs`: start of the pseudonym. Earlier events get other sessions, which are not shared. */
  nameOf({ sessionId: sourceId, source, tsMs }: CleanEvent, sinceMs: number): SessionName {
    const sessionId = this.goOn && tsMs < sinceMs ? `${sourceId} before` : sourceId;
    const key = isAgent(source) ? `agent ${sessionId}` : sessionId;
    let name = this.#names.get(key);
    if (name === undefined) {
      if (this.#names.size >= maxCached) this.#names.clear();
      name = isAgent(source)
        ? { id: undefined, stem: digest(this.#epoch, sessionId) }
        : { id: this.#epoch === 0 ? sessionId : uuidOf(digest(this.#epoch, sessionId)), stem: undefined };
      this.#names.set(key, name);
    }
    return name;
  }

  /** Returns the row of the session that an event continues. */
  find({ id, stem }: SessionName, event: Moment): Row | undefined {
    if (id !== undefined) return this.#byId.get(id);
    const { tsMs } = event;
    const rows = this.#byStem.all(stem ?? "", tsMs - silenceMs, tsMs + silenceMs);
    return rows.find((row) => continues(spanOf(row), event));
  }
}

export function spanOf({ started_at: start, ended_at: end }: Row): Span {
  return { startMs: Number(start), endMs: Number(end) };
}

const digest = (epoch: number, sessionId: string): string =>
  createHash("sha256").update(`${epoch} ${sessionId}`).digest("hex");

/** Returns a version 8 UUID (RFC 9562) derived from a hex digest. */
const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

/** Changes of one transaction to a session. */
export interface SessionDelta {
  readonly id: SqlValue;
  readonly span: Span;
  firstMs: number;
  lastMs: number;
  readonly counts: { commands: number; workspaces: number; tasks: number; errors: number };
  /** Whether every event is about a command of this product. */
  isOwn: boolean;
}

/** All sessions that one transaction changes. */
export class SessionDeltas {
  readonly #byName = new Map<string, SessionDelta[]>();

  find({ id, stem }: SessionName, event: Moment): SessionDelta | undefined {
    const deltas = this.#byName.get(id ?? stem ?? "");
    return id === undefined ? deltas?.find(({ span }) => continues(span, event)) : deltas?.[0];
  }

  add({ id, stem }: SessionName, row: Row): SessionDelta {
    const delta = {
      id: row["id"] ?? null,
      span: spanOf(row),
      firstMs: Number.POSITIVE_INFINITY,
      lastMs: 0,
      counts: { commands: 0, workspaces: 0, tasks: 0, errors: 0 },
      isOwn: true,
    };
    const key = id ?? stem ?? "";
    const deltas = this.#byName.get(key);
    if (deltas === undefined) this.#byName.set(key, [delta]);
    else deltas.push(delta);
    return delta;
  }

  *[Symbol.iterator](): IterableIterator<SessionDelta> {
    for (const deltas of this.#byName.values()) yield* deltas;
  }
}

/** Extends the session by a stored event. */
export function extend(session: SessionDelta, tsMs: number): void {
  const { span } = session;
  session.firstMs = Math.min(session.firstMs, tsMs);
  session.lastMs = Math.max(session.lastMs, tsMs);
  span.startMs = Math.min(span.startMs, tsMs);
  span.endMs = Math.max(span.endMs, tsMs);
}
