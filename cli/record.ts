/** Puts an event of the command's own into the store, in the session that is going on. */
import { v7 } from "uuid";
import type { Worker } from "../server/worker.ts";
import { type CapturedFields, captured } from "../shared/captured.ts";
import type { EventTypeName } from "../shared/events.ts";
import type { Source } from "../shared/sources.ts";
import { NotNowError } from "./exit.ts";

export interface Moment {
  readonly source: Source;
  readonly session: string;
  readonly tsMs: number;
}

/** @throws NotNowError where recording is off, Error where nothing could be stored. Returns whether it was stored. */
export function record<T extends EventTypeName>(
  worker: Worker,
  { source, session, tsMs }: Moment,
  type: T,
  fields: CapturedFields[T],
): boolean {
  const envelope = {
    ...{ id: v7({ msecs: tsMs }), event_type: type, ts: tsMs, utc_offset_min: -new Date(tsMs).getTimezoneOffset() },
    // The store numbers it: other processes write to the same session.
    ...{ session_id: session, source, seq: 0 },
  };
  const outcome = worker.record({ events: [captured(envelope, fields)] });
  if (outcome.outcome === "not_permitted") {
    throw new NotNowError("Nothing was recorded: recording is off (nexus telemetry status says why).");
  }
  if (outcome.outcome === "failed") throw new Error(outcome.problem.text);
  return outcome.stored === 1;
}
