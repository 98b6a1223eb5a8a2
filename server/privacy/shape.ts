/**
 * The firewall's first and last layer: strict schemas, made from the one table of events.
 *
 * `envelope` and `rawInputs` say what may come in; `payloadSchemas` says what may go out.
 */
import * as z from "zod";
import {
  type EventTypeName,
  eventTable,
  eventTypeNames,
  type Field,
  perEventType,
  sources,
} from "../../shared/events.ts";
import { isCommandPath, isToolName } from "./vocabulary.ts";

/** 2020-01-01, before which nothing of this product can have happened. */
const earliestMs = Date.UTC(2020, 0, 1);
/** An event may lie this far ahead of the worker's clock. */
const aheadMs = 24 * 60 * 60 * 1000;

export const envelope = z.object({
  id: z.uuid({ version: "v7" }),
  event_type: z.enum(eventTypeNames),
  ts: z.int().min(earliestMs),
  utc_offset_min: z
    .int()
    .min(-14 * 60)
    .max(14 * 60),
  session_id: z.uuid({ version: "v4" }),
  source: z.enum(sources),
  seq: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type Envelope = z.infer<typeof envelope>;

export const isFuture = (tsMs: number, nowMs: number): boolean => tsMs > nowMs + aheadMs;

/** Field name to word or number, as `shared/events.ts` declares them. */
export type Payload = Readonly<Record<string, string | number>>;

/** The raw inputs of a type, which derive into its fields and are then gone. */
export const rawInputs: Readonly<Record<EventTypeName, readonly string[]>> = {
  agent_event: ["command_line", "exit_code"],
  events_dropped: [],
};

function valueSchema(field: Field): z.ZodType<string | number> {
  const { kind } = field;
  if (kind.is === "word") return z.enum(kind.words);
  if (kind.is === "whole") return z.int().min(kind.min).max(kind.max);
  return z.string().refine(kind.list === "command_path" ? isCommandPath : isToolName);
}

/** The schema of each type's payload: its fields and no other, each of them optional (the firewall knows which are). */
export const payloadSchemas = perEventType((type) => {
  const fields = Object.entries(eventTable[type].fields);
  const shape = Object.fromEntries(fields.map(([name, field]) => [name, z.exactOptional(valueSchema(field))]));
  const schema: z.ZodType<Payload> = z.strictObject(shape);
  return schema;
});
