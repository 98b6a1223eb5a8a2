/**
 * The form in which a source hands over what it saw. The names are those of the event log and of the upload format;
 * `command_line` and `exit_code` are the only raw inputs, and the firewall turns both into words.
 */
import type { EventTypeName, Source } from "./events.ts";
import { type Raw, sealRaw } from "./raw.ts";

export interface CapturedEnvelope {
  /** UUIDv7, made where the event is made (RFC 9562). */
  readonly id: string;
  readonly event_type: EventTypeName;
  /** Milliseconds since 1970. */
  readonly ts: number;
  /** Minutes that local time is ahead of UTC. */
  readonly utc_offset_min: number;
  /** Random, of one window and one day. */
  readonly session_id: string;
  readonly source: Source;
  /** From 1 upwards within (session, source). */
  readonly seq: number;
}

export interface CapturedToolUse {
  readonly stream: "tool";
  readonly tool_name: string;
  readonly tool_phase: "start" | "end";
  readonly command_line?: string;
  readonly exit_code?: number;
  readonly duration_ms?: number;
}

export interface CapturedDrop {
  readonly dropped_count: number;
}

export interface CapturedFields {
  readonly agent_event: CapturedToolUse;
  readonly events_dropped: CapturedDrop;
}

/** Makes the raw event out of both parts. The envelope becomes the event; it must be a fresh object. */
export function captured<T extends EventTypeName>(
  envelope: CapturedEnvelope & { readonly event_type: T },
  fields: CapturedFields[T],
): Raw {
  // One object, not a copy of two: this runs in the editor for every event.
  return sealRaw(Object.assign(envelope, fields));
}
