/**
 * Where `nexus run` writes when the database cannot be used: an event log, which is imported later. Only what the firewall lets
 * through is written; the command line itself never is.
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

/** Appends an event. @returns whether it was written. */
export function logEvent<T extends EventTypeName>(
  { collect, blockSensitive }: CliPermission,
  moment: CommandEventType,
  type: T,
  fields: RawEventFields[T],
): boolean {
  const envelope = envelopeOf(moment, type);
  // Without a hasher: names of the user's own are not even hashed here.
  const clean = new Firewall(null).admit(
    createRawEvent({ ...envelope }, fields),
    { collect, blockSensitive },
    Date.now(),
  );
  if (clean === undefined) return false;
  const { seq: _, ...line } = envelope;
  return appendLines(runLog, [{ ...line, event_type: clean.type, ...clean.payload }]);
}
