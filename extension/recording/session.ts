/**
 * The random identity of one window and one day, and the numbering of its events per source. It is made in memory
 * when the first event is, and lives nowhere else in the editor.
 */
import { randomUUID } from "node:crypto";
import type { Source } from "../../shared/schema/sources.ts";

/** After so long a silence a session that goes on is one that was resumed. */
const pauseMs = 30 * 60 * 1000;

/** What an event means for the session: a new one begins, perhaps after another, or one goes on after a pause. */
export type SessionChange =
  | { readonly type: "started"; readonly after: OpenSession | undefined }
  | { readonly type: "resumed"; readonly pausedMs: number };

/** A session that has begun. Milliseconds since 1970, and between its first and last event. */
export interface OpenSession {
  readonly lastMs: number;
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

  /** The session that has begun and not ended. */
  get open(): OpenSession | undefined {
    if (this.#endsMs === 0) return undefined;
    return { lastMs: this.#lastMs, durationMs: this.#lastMs - this.#startedMs };
  }

  /** What an event at `tsMs` means; to be asked before its place. */
  changeAt(tsMs: number): SessionChange | undefined {
    if (tsMs >= this.#endsMs) return { type: "started", after: this.open };
    const pausedMs = tsMs - this.#lastMs;
    return pausedMs < pauseMs ? undefined : { type: "resumed", pausedMs };
  }

  /** The session and sequence number of an event of `source` at `tsMs`. A new local day begins a new session. */
  nextPosition(source: Source, tsMs: number): SequencePosition {
    if (tsMs >= this.#endsMs) this.#begin(tsMs);
    this.#lastMs = Math.max(this.#lastMs, tsMs);
    const seq = (this.#sequences.get(source) ?? 0) + 1;
    this.#sequences.set(source, seq);
    return { sessionId: this.#id, seq, utcOffsetMin: -new Date(tsMs).getTimezoneOffset() };
  }

  /** What comes next belongs to another session, as after a withdrawn consent. */
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
