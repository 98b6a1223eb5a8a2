/**
 * Makes an event where it happens: identity, time, session and sequence number; then it waits in the queue. What the
 * queue could not take is counted, and the count is recorded as soon as there is room again.
 */
import { type CapturedFields, captured } from "../shared/captured.ts";
import type { EventTypeName } from "../shared/events.ts";
import type { Source } from "../shared/sources.ts";
import type { EventQueue } from "./queue.ts";
import type { Session } from "./session.ts";
import { uuidv7 } from "./uuid.ts";

export class Recorder {
  readonly #queue: EventQueue;
  readonly #session: Session;
  readonly #nowMs: () => number;
  readonly #place: { readonly workspace: string | undefined };
  #dropped = 0;

  constructor(
    queue: EventQueue,
    session: Session,
    nowMs: () => number,
    place: { readonly workspace: string | undefined },
  ) {
    this.#queue = queue;
    this.#session = session;
    this.#nowMs = nowMs;
    this.#place = place;
  }

  record<T extends EventTypeName>(type: T, source: Source, fields: CapturedFields[T]): void {
    if (this.#dropped > 0) this.#recordDrops();
    if (!this.#push(type, source, fields)) this.#dropped += 1;
  }

  #recordDrops(): void {
    if (this.#queue.hasRoom && this.#push("events_dropped", "vscode", { dropped_count: this.#dropped }))
      this.#dropped = 0;
  }

  #push<T extends EventTypeName>(type: T, source: Source, fields: CapturedFields[T]): boolean {
    const ts = this.#nowMs();
    const { sessionId, seq, utcOffsetMin } = this.#session.place(source, ts);
    const envelope = {
      id: uuidv7(ts),
      event_type: type,
      ts,
      utc_offset_min: utcOffsetMin,
      session_id: sessionId,
      source,
      seq,
      // Raw: only the worker's firewall looks at it. Undefined, it does not cross.
      workspace: this.#place.workspace,
    };
    return this.#queue.push(captured(envelope, fields));
  }
}
