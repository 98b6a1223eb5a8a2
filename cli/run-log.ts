/**
 * Fallback of `nexus run` for an unavailable database: appends to an event log, which is imported
 * later. Writes only clean events, never the command line.
 */
import { join } from "node:path";
import { appendLines } from "../server/files/append-lines.ts";
import { Firewall } from "../server/privacy/firewall.ts";
import type { EventTypeName } from "../shared/schema/events.ts";
import { createRawEvent, type RawEventFields } from "../shared/schema/raw-event.ts";
import type { CliPermission } from "./permission.ts";
import { type CommandEventType, envelopeOf } from "./record.ts";
import { paths } from "./runtime.ts";

const runLog = join(paths.eventLogFolder, "nexus-run.jsonl");

/** Appends an event. Returns whether it was written. */
export function logEvent<T extends EventTypeName>(
  { collect, blockSensitive }: CliPermission,
  context: CommandEventType,
  type: T,
  fields: RawEventFields[T],
): boolean {
  const envelope = envelopeOf(context, type);
  // No hasher: the log contains no names of the user, not even hashed.
  const clean = new Firewall(null).admit(
    createRawEvent({ ...envelope }, fields),
    { collect, blockSensitive },
    Date.now(),
  );
  if (clean === undefined) return false;
  const { seq: _, ...line } = envelope;
  return appendLines(runLog, [{ ...line, event_type: clean.type, ...clean.payload }]);
}
