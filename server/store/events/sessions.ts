/**
 * Which session an event belongs to. Most sources name their session. An agent's own session may go on for days, so of agents a
 * session here ends after half an hour without events and at local midnight (the privacy promise "sessions rotate daily").
 *
 * Ids follow from a random number too, which changes with a purge and with the pseudonym: a source that goes on under its old id
 * begins another session, so that no sequence number of a session is ever used twice, and nothing links two pseudonyms.
 */
import { createHash, randomInt } from "node:crypto";
import { isAgent } from "../../../shared/schema/sources.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import type { Connection, Row, SqlValue, Statement } from "../driver/driver.ts";
import { dayOfHour, localHour } from "../rollups/local-time.ts";
import { addTo, readNumber, setNumber } from "../state.ts";

/** Bounds the random number that the ids of sessions follow from (`randomInt` takes 48 bits). */
const maxEpoch = 2 ** 47;

/**
 * From now on every source begins another session, with numbers that begin at 1: after a purge, and where another pseudonym begins.
 * To be called in a transaction.
 */
export function beginSessions(connection: Connection): void {
  setNumber(connection, "session_epoch", randomInt(1, maxEpoch));
  // Other processes look whether this has changed.
  addTo(connection, "erasures", 1);
}

/** The longest silence within an agent's session. */
export const silenceMs = 30 * 60_000;

/** So many ids are remembered: a batch mostly has one. */
const maxRemembered = 256;

/** A session by its id, or an agent's by what its sessions of one conversation have in common. */
export interface SessionName {
  readonly id: string | undefined;
  readonly stem: string | undefined;
}

/** Moments in milliseconds since 1970. */
export interface Span {
  startMs: number;
  endMs: number;
}

type Moment = Pick<CleanEvent, "tsMs" | "utcOffsetMin">;

/** Whether an event goes on with an agent's session. */
export function goesOn({ startMs, endMs }: Span, { tsMs, utcOffsetMin }: Moment): boolean {
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
      `SELECT id, started_at, ended_at FROM sessions WHERE stem = ? AND ended_at > ? AND started_at < ?
       ORDER BY ended_at DESC`,
    );
    this.#epoch = readNumber(connection, "session_epoch");
  }

  /** Whether sources may go on in a session with numbers that began in another one. */
  get goOn(): boolean {
    return this.#epoch !== 0;
  }

  /** Another process may have purged, or begun another pseudonym. */
  follow(): void {
    this.#epoch = readNumber(this.#connection, "session_epoch");
    this.#names.clear();
  }

  /** `sinceMs`: when the pseudonym began. What happened before belongs to other sessions, which are not shared under it. */
  nameOf({ sessionId: given, source, tsMs }: CleanEvent, sinceMs: number): SessionName {
    const sessionId = this.goOn && tsMs < sinceMs ? `${given} before` : given;
    const key = isAgent(source) ? `agent ${sessionId}` : sessionId;
    let name = this.#names.get(key);
    if (name === undefined) {
      if (this.#names.size >= maxRemembered) this.#names.clear();
      name = isAgent(source)
        ? { id: undefined, stem: digest(this.#epoch, sessionId) }
        : { id: this.#epoch === 0 ? sessionId : uuidOf(digest(this.#epoch, sessionId)), stem: undefined };
      this.#names.set(key, name);
    }
    return name;
  }

  /** The row of the session that an event goes on with. */
  find({ id, stem }: SessionName, event: Moment): Row | undefined {
    if (id !== undefined) return this.#byId.get(id);
    const { tsMs } = event;
    const rows = this.#byStem.all(stem ?? "", tsMs - silenceMs, tsMs + silenceMs);
    return rows.find((row) => goesOn(spanOf(row), event));
  }
}

export function spanOf({ started_at: start, ended_at: end }: Row): Span {
  return { startMs: Number(start), endMs: Number(end) };
}

const digest = (epoch: number, sessionId: string): string =>
  createHash("sha256").update(`${epoch} ${sessionId}`).digest("hex");

/** A UUID of version 8 (RFC 9562) that follows from a digest in hex. */
const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

/** What one transaction adds to a session. */
export interface SessionDelta {
  readonly id: SqlValue;
  readonly span: Span;
  firstMs: number;
  lastMs: number;
  readonly counts: { commands: number; workspaces: number; tasks: number; errors: number };
}

/** The sessions that one transaction has met. */
export class SessionDeltas {
  readonly #byName = new Map<string, SessionDelta[]>();

  find({ id, stem }: SessionName, event: Moment): SessionDelta | undefined {
    const known = this.#byName.get(id ?? stem ?? "");
    return id === undefined ? known?.find(({ span }) => goesOn(span, event)) : known?.[0];
  }

  add({ id, stem }: SessionName, row: Row): SessionDelta {
    const delta = {
      id: row["id"] ?? null,
      span: spanOf(row),
      firstMs: Number.POSITIVE_INFINITY,
      lastMs: 0,
      counts: { commands: 0, workspaces: 0, tasks: 0, errors: 0 },
    };
    const key = id ?? stem ?? "";
    const known = this.#byName.get(key);
    if (known === undefined) this.#byName.set(key, [delta]);
    else known.push(delta);
    return delta;
  }

  *[Symbol.iterator](): IterableIterator<SessionDelta> {
    for (const deltas of this.#byName.values()) yield* deltas;
  }
}

/** An event was stored. */
export function extend(session: SessionDelta, tsMs: number): void {
  const { span } = session;
  session.firstMs = Math.min(session.firstMs, tsMs);
  session.lastMs = Math.max(session.lastMs, tsMs);
  span.startMs = Math.min(span.startMs, tsMs);
  span.endMs = Math.max(span.endMs, tsMs);
}
