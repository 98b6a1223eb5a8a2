/**
 * The form of a raw event, with the field names of the event log and the upload format. The firewall
 * turns its raw inputs into vocabulary values and hashes, and discards them.
 */
import type { EventTypeName, Payload } from "./events.ts";
import { markRaw, type Raw } from "./raw.ts";
import type { Source } from "./sources.ts";

export interface RawEventEnvelope {
  /** UUIDv7 (RFC 9562), created together with the event. */
  readonly id: string;
  readonly event_type: EventTypeName;
  /** Milliseconds since 1970. */
  readonly ts: number;
  /** Minutes that local time is ahead of UTC. */
  readonly utc_offset_min: number;
  /** Random; identifies one window on one day. */
  readonly session_id: string;
  readonly source: Source;
  /** Counts from 1 within (session, source). */
  readonly seq: number;
}

/** The rest of a longer command line is neither captured nor read. Characters. */
export const maxCommandLineLength = 65_536;

/** Read only by the firewall. */
export interface RawInputs {
  readonly command_line?: string;
  /** The words of a command as a program received them, instead of a line. */
  readonly command_words?: readonly string[];
  readonly exit_code?: number;
  readonly success?: boolean;
  /** Name or URI; stored as a salted hash. */
  readonly workspace?: string;
  /** Name; stored as a salted hash. */
  readonly task?: string;
  /** ID of the extension that uses the extension API; stored as a salted hash. */
  readonly caller?: string;
}

/** Fields before the firewall: a value may still be outside the vocabulary and becomes `other`. */
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

/** Creates a raw event. Modifies `envelope`, which must be a new object, and returns it. */
export function createRawEvent<T extends EventTypeName>(
  envelope: RawEventEnvelope & { readonly event_type: T },
  fields: RawEventFields[T],
): Raw {
  // Not a copy: this runs in the extension host for every event.
  return markRaw(Object.assign(envelope, fields));
}
