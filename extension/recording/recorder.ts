/**
 * Creates raw events with ID, time, session and sequence number and puts them into the queue.
 * Events that a full queue refuses are counted, and the count is recorded as soon as there is room.
 */

import type { EventTypeName } from "../../shared/schema/events.ts";
import { createRawEvent, type RawEventFields, type RawInputs } from "../../shared/schema/raw-event.ts";
import type { Source } from "../../shared/schema/sources.ts";
import type { EventQueue } from "./queue.ts";
import type { OpenSession, Session } from "./session.ts";
import { uuidV7 } from "./uuid-v7.ts";

export class Recorder {
  readonly #queue: EventQueue;
  readonly #session: Session;
  readonly #nowMs: () => number;
  readonly #workspace: { readonly workspace: string | undefined };
  readonly #sessionStartFields: () => RawEventFields["session_started"] | undefined;
  #dropped = 0;
  /** Only a session whose start was recorded also has a recorded end. */
  #startRecorded = false;

  /** `sessionStartFields` returns `undefined` if sessions are not recorded. */
  constructor(
    queue: EventQueue,
    session: Session,
    nowMs: () => number,
    workspace: { readonly workspace: string | undefined },
    sessionStartFields: () => RawEventFields["session_started"] | undefined = () => undefined,
  ) {
    this.#queue = queue;
    this.#session = session;
    this.#nowMs = nowMs;
    this.#workspace = workspace;
    this.#sessionStartFields = sessionStartFields;
  }

  record<T extends EventTypeName>(type: T, source: Source, fields: RawEventFields[T]): void {
    const tsMs = this.#nowMs();
    if (this.#dropped > 0) this.#recordDrops(tsMs);
    this.#recordSessionChange(tsMs);
    this.#put(type, source, fields, tsMs);
  }

  /** Ends the session at the time of its last event. */
  endSession(): void {
    this.#recordEnd(this.#session.open);
    this.#session.end();
  }

  #recordSessionChange(tsMs: number): void {
    const change = this.#session.changeAt(tsMs);
    if (change === undefined) return;
    const started = this.#sessionStartFields();
    if (change.type === "resumed") {
      if (started !== undefined) this.#put("session_resumed", "vscode", { duration_ms: change.pausedMs }, tsMs);
      return;
    }
    this.#recordEnd(change.after);
    if (started === undefined) return;
    this.#put("session_started", "vscode", started, tsMs);
    this.#startRecorded = true;
  }

  /** Records the end at the time of the last event, so that it belongs to the same day. */
  #recordEnd(open: OpenSession | undefined): void {
    if (open === undefined || !this.#startRecorded) return;
    this.#startRecorded = false;
    if (this.#sessionStartFields() === undefined) return;
    this.#put("session_ended", "vscode", { duration_ms: open.durationMs }, open.lastMs);
  }

  #recordDrops(tsMs: number): void {
    if (this.#queue.hasRoom && this.#push("events_dropped", "vscode", { dropped_count: this.#dropped }, tsMs))
      this.#dropped = 0;
  }

  #put<T extends EventTypeName>(type: T, source: Source, fields: RawEventFields[T], tsMs: number): void {
    if (!this.#push(type, source, fields, tsMs)) this.#dropped += 1;
  }

  #push<T extends EventTypeName>(type: T, source: Source, fields: RawEventFields[T], ts: number): boolean {
    const { sessionId, seq, utcOffsetMin } = this.#session.nextPosition(source, ts);
    const envelope = {
      id: uuidV7(ts),
      event_type: type,
      ts,
      utc_offset_min: utcOffsetMin,
      session_id: sessionId,
      source,
      seq,
      // Raw: only the worker's firewall reads it. JSON omits `undefined`.
      workspace: this.#workspace.workspace,
    };
    return this.#queue.push(createRawEvent(envelope, fields), charactersIn(fields));
  }
}

/** The text of the user's that an event holds until the firewall has read it. */
function charactersIn({ command_line: line, task, workspace }: RawInputs): number {
  return (line?.length ?? 0) + (task?.length ?? 0) + (workspace?.length ?? 0);
}
