/**
 * The session of one window and one local day: its random ID and the sequence numbers of its events
 * per source. Created with the first event and kept only in memory.
 */
import { randomUUID } from "node:crypto";
import type { Source } from "../../shared/schema/sources.ts";

/** After this time without events a session counts as resumed. */
const pauseMs = 30 * 60 * 1000;

/** The effect of an event: it starts a session, which may end another, or resumes one. */
export type SessionChange =
  | { readonly type: "started"; readonly after: OpenSession | undefined }
  | { readonly type: "resumed"; readonly pausedMs: number };

export interface OpenSession {
  /** Time of the last event, in milliseconds since 1970. */
  readonly lastMs: number;
  /** From the first to the last event. */
  readonly durationMs: number;
}

export interface SequencePosition {
  readonly sessionId: string;
  readonly seq: number;
  readonly utcOffsetMin: number;
}

export class Session {
  #id = "";
  #startedMs = 0;
  #lastMs = 0;
  #endsMs = 0;
  readonly #sequences = new Map<Source, number>();

  /** `undefined` between sessions. */
  get open(): OpenSession | undefined {
    if (this.#endsMs === 0) return undefined;
    return { lastMs: this.#lastMs, durationMs: this.#lastMs - this.#startedMs };
  }

  /** Returns the effect of an event at `tsMs`. Call it before `nextPosition`. */
  changeAt(tsMs: number): SessionChange | undefined {
    if (tsMs >= this.#endsMs) return { type: "started", after: this.open };
    const pausedMs = tsMs - this.#lastMs;
    return pausedMs < pauseMs ? undefined : { type: "resumed", pausedMs };
  }

  /** Returns session and sequence number for an event. A new local day starts a new session. */
  nextPosition(source: Source, tsMs: number): SequencePosition {
    if (tsMs >= this.#endsMs) this.#begin(tsMs);
    this.#lastMs = Math.max(this.#lastMs, tsMs);
    const seq = (this.#sequences.get(source) ?? 0) + 1;
    this.#sequences.set(source, seq);
    return { sessionId: this.#id, seq, utcOffsetMin: -new Date(tsMs).getTimezoneOffset() };
  }

  /** Ends the session: the next event starts another one. */
  end(): void {
    this.#endsMs = 0;
  }

  #begin(tsMs: number): void {
    const now = new Date(tsMs);
    this.#id = randomUUID();
    this.#startedMs = tsMs;
    this.#lastMs = tsMs;
    this.#endsMs = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
    this.#sequences.clear();
  }
}
