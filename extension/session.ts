/**
 * The random identity of one window and one day, and the numbering of its events per source. It is made in memory
 * when the first event is, and lives nowhere else in the editor.
 */
import { randomUUID } from "node:crypto";
import type { Source } from "../shared/sources.ts";

export interface Place {
  readonly sessionId: string;
  readonly seq: number;
  readonly utcOffsetMin: number;
}

export class Session {
  #id = "";
  #endsMs = 0;
  readonly #sequences = new Map<Source, number>();

  /** The session and sequence number of an event of `source` at `tsMs`. A new local day begins a new session. */
  place(source: Source, tsMs: number): Place {
    if (tsMs >= this.#endsMs) this.#begin(tsMs);
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
    this.#endsMs = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
    this.#sequences.clear();
  }
}
