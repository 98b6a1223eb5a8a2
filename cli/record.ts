/** Records an event of the command in the current CLI session. */

import { randomUUID } from "node:crypto";
import { v7 } from "uuid";
import type { TelemetryService } from "../server/worker/service.ts";
import { textOf } from "../shared/protocol/message.ts";
import type { EventTypeName } from "../shared/schema/events.ts";
import { createRawEvent, type RawEventFields } from "../shared/schema/raw-event.ts";
import type { Source } from "../shared/schema/sources.ts";
import { ReportedError, UnavailableError } from "./exit.ts";
import { sessionAt } from "./session.ts";

/** Returns the current session ID. @throws UnavailableError if recording is off. */
export function sessionFor(service: TelemetryService, nowMs: number): string {
  const { permission } = service.reader.status();
  if (permission?.mode === "off") throw new UnavailableError(recordingIsOff);
  // With an unknown permission no session file is created; `record` reports the problem.
  return permission === null ? randomUUID() : sessionAt(nowMs);
}

const recordingIsOff = "Not recorded: recording is off. Run nexus telemetry status for the reason.";

export interface CommandEventType {
  readonly source: Source;
  readonly session: string;
  readonly tsMs: number;
}

/** Why an event was not stored: low watermark, invalid time, or the firewall. */
export type NotStored = "below_watermark" | "bad_time" | "refused";

/** Creates an envelope. The store assigns `seq`, as other processes share the session. */
export function envelopeOf<T extends EventTypeName>({ source, session, tsMs }: CommandEventType, type: T) {
  return {
    id: v7({ msecs: tsMs }),
    event_type: type,
    ts: tsMs,
    utc_offset_min: -new Date(tsMs).getTimezoneOffset(),
    session_id: session,
    source,
    seq: 0,
  };
}

/**
 * Records one event. Returns why it was not stored, or `undefined` if it was.
 * @throws UnavailableError if recording is off, ReportedError if storing failed.
 */
export function record<T extends EventTypeName>(
  service: TelemetryService,
  context: CommandEventType,
  type: T,
  fields: RawEventFields[T],
): NotStored | undefined {
  const outcome = service.record({ events: [createRawEvent(envelopeOf(context, type), fields)] });
  if (outcome.outcome === "not_permitted") {
    throw new UnavailableError(recordingIsOff);
  }
  if (outcome.outcome === "failed") throw new ReportedError(textOf(outcome.problem.message));
  if (outcome.stored === 1 || outcome.repeated === 1) return undefined;
  if (outcome.belowWatermark === 1) return "below_watermark";
  const reason = service.reader.status().firewall.refused[0]?.reason;
  // The rest of the envelope is created here, so only its time can be invalid.
  return reason === "bad_time" || reason === "bad_envelope" ? "bad_time" : "refused";
}
