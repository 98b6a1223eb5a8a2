/** Puts an event of the command's own into the store, in the session that is going on. */
import { randomUUID } from "node:crypto";
import { v7 } from "uuid";
import type { TelemetryService } from "../server/worker/service.ts";
import type { EventTypeName } from "../shared/schema/events.ts";
import { createRawEvent, type RawEventFields } from "../shared/schema/raw-event.ts";
import type { Source } from "../shared/schema/sources.ts";
import { ReportedError, UnavailableError } from "./exit.ts";
import { sessionAt } from "./session.ts";

/** The session that goes on. @throws NotNowError where recording is off: then there is none. */
export function sessionFor(worker: TelemetryService, nowMs: number): string {
  const { permission } = worker.status();
  if (permission?.mode === "off") throw new UnavailableError(recordingIsOff);
  // Where it cannot be known, nothing is made; the recording itself says what is wrong.
  return permission === null ? randomUUID() : sessionAt(nowMs);
}

const recordingIsOff = "Nothing was recorded: recording is off (nexus telemetry status says why).";

export interface CommandEventType {
  readonly source: Source;
  readonly session: string;
  readonly tsMs: number;
}

/** Why an event was not stored: it is older than what expired or was purged; its time is not valid; the firewall refused it. */
export type NotStored = "below_watermark" | "bad_time" | "refused";

/** What every event of the command has. The store numbers it: other processes write to the same session. */
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

/** @throws NotNowError where recording is off, Error where nothing could be stored. Returns why it was not stored, nothing if it was. */
export function record<T extends EventTypeName>(
  worker: TelemetryService,
  moment: CommandEventType,
  type: T,
  fields: RawEventFields[T],
): NotStored | undefined {
  const outcome = worker.record({ events: [createRawEvent(envelopeOf(moment, type), fields)] });
  if (outcome.outcome === "not_permitted") {
    throw new UnavailableError(recordingIsOff);
  }
  if (outcome.outcome === "failed") throw new ReportedError(outcome.problem.text);
  if (outcome.stored === 1 || outcome.repeated === 1) return undefined;
  if (outcome.belowWatermark === 1) return "below_watermark";
  const reason = worker.status().firewall.refused[0]?.reason;
  // Of the envelope, only the time can be wrong here.
  return reason === "bad_time" || reason === "bad_envelope" ? "bad_time" : "refused";
}
