/**
 * The form in which a source hands over what it saw. The names are those of the event log and of the upload format; the
 * raw inputs among them are turned into words and hashes by the firewall, and are then gone.
 */
import type { EventTypeName, Payload } from "./events.ts";
import { markRaw, type Raw } from "./raw.ts";
import type { Source } from "./sources.ts";

export interface RawEventEnvelope {
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

/** What only the firewall looks at. */
export interface RawInputs {
  readonly command_line?: string;
  readonly exit_code?: number;
  readonly success?: boolean;
  /** The workspace's name or address; stored as a salted hash. */
  readonly workspace?: string;
  /** The task's name; stored as a salted hash. */
  readonly task?: string;
  /** The id of the extension that records through the programming interface; stored as a salted hash. */
  readonly caller?: string;
}

/** Fields as they were seen: a word may still be one that no list has, and becomes `other`. */
type Loose<P> = {
  readonly [K in keyof P]: P[K] extends string | undefined
    ? K extends "stream" | "tool_phase" | "phase"
      ? P[K]
      : string
    : P[K];
};

export type RawEventFields = {
  readonly [T in EventTypeName]: Loose<Payload<T>> & RawInputs;
};

/** Makes the raw event out of both parts. The envelope becomes the event; it must be a fresh object. */
export function createRawEvent<T extends EventTypeName>(
  envelope: RawEventEnvelope & { readonly event_type: T },
  fields: RawEventFields[T],
): Raw {
  // One object, not a copy of two: this runs in the editor for every event.
  return markRaw(Object.assign(envelope, fields));
}
