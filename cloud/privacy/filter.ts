/**
 * Checks each event of a batch: JSON schema, then rules that a schema cannot express, then the
 * scanner. A refused event leaves only a reason and the field's name, never its content.
 */

import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { dayMs } from "../../shared/schema/durations.ts";
import { type EventTypeName, eventTypeNames } from "../../shared/schema/events.ts";
import { type FieldName, fieldNames } from "../../shared/schema/fields.ts";
import { receivedSchemas } from "../../shared/schema/upload-schemas.ts";
import { isPublicCommand } from "./command-allowlist.ts";
import { scan } from "./scanner.ts";

export const refusalReasons = [
  "not_an_event",
  "unknown_type",
  "unknown_field",
  "missing_field",
  "bad_value",
  "other_user",
  "too_old",
  "too_new",
  "command_not_public",
  "scanner",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface RefusedEvent {
  readonly reason: RefusalReason;
  /** From our own lists, never a name that was sent. */
  readonly type: EventTypeName | "unknown";
  readonly field: FieldName | "envelope" | "none";
}

type Json = Readonly<Record<string, unknown>>;

/** Maximum age of events, and maximum that they may be in the future. Milliseconds. */
export const [oldestMs, aheadMs] = [85 * dayMs, dayMs];

const ajv = new Ajv2020({
  strict: true,
  allErrors: false,
  validateFormats: false,
  messages: false,
  allowUnionTypes: true,
});
const schemas = receivedSchemas();
const frames: Readonly<Record<1 | 2, ValidateFunction>> = {
  1: ajv.compile(schemas.frames[1]),
  2: ajv.compile(schemas.frames[2]),
};
const eventOne = ajv.compile(schemas.eventOne);
const compiled = new Map<string, ValidateFunction>();
const types: ReadonlySet<string> = new Set(eventTypeNames);
const fields: ReadonlySet<string> = new Set(fieldNames);

/** Returns the validator of a type in schema 2, compiled at first use. */
function eventTwo(type: EventTypeName): ValidateFunction {
  const validate = compiled.get(type) ?? ajv.compile(schemas.eventTwo.get(type) ?? false);
  compiled.set(type, validate);
  return validate;
}

export interface Frame {
  readonly batch_id: string;
  readonly generated_at: number;
  readonly schema_version: 1 | 2;
  readonly anon_user_id: string;
  readonly events: readonly unknown[];
}

/** Returns the validated frame of a batch, or why it is invalid. The events are not checked. */
export function parseFrame(body: unknown): Frame | "unknown_version" | "malformed" {
  if (typeof body !== "object" || body === null) return "malformed";
  const version = Reflect.get(body, "schema_version");
  if (version !== 1 && version !== 2) return typeof version === "number" ? "unknown_version" : "malformed";
  return frames[version as 1 | 2](body) ? (body as Frame) : "malformed";
}

/** Returns the event, or why it is refused. */
export function checkEvent(
  event: unknown,
  { schema_version: version, anon_user_id: user }: Frame,
  nowMs: number,
): Json | RefusedEvent {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return { reason: "not_an_event", type: "unknown", field: "none" };
  }
  const json = event as Json;
  const type = json["event_type"];
  if (typeof type !== "string" || !types.has(type))
    return { reason: "unknown_type", type: "unknown", field: "envelope" };
  const known = type as EventTypeName;
  const validate = version === 1 ? eventOne : eventTwo(known);
  if (!validate(json)) return { type: known, ...refusalOf(validate.errors?.[0]) };
  if (version === 1 && json["anon_user_id"] !== user) return { reason: "other_user", type: known, field: "envelope" };
  const ms = version === 1 ? Number(json["ts"]) : Date.parse(String(json["timestamp"]));
  if (!(ms >= nowMs - oldestMs)) return { reason: "too_old", type: known, field: "envelope" };
  const started = Object(json["session"])["started_at"] ?? json["timestamp"];
  if (version === 2 && Number.isNaN(Date.parse(String(started))))
    return { reason: "bad_value", type: known, field: "envelope" };
  if (ms > nowMs + aheadMs) return { reason: "too_new", type: known, field: "envelope" };
  const found = scanValues(version === 1 ? json : [json["payload"], json["source"]]);
  return found === undefined ? json : { type: known, ...found };
}

/** Maps a schema error to a reason and one of our field names. */
function refusalOf(error: ErrorObject | undefined): Pick<RefusedEvent, "reason" | "field"> {
  const last = (error?.instancePath ?? "").split("/").findLast((part) => fields.has(part)) as FieldName | undefined;
  const field = last ?? "envelope";
  if (error?.keyword === "additionalProperties") return { reason: "unknown_field", field: "none" };
  if (error?.keyword === "required") return { reason: "missing_field", field };
  return { reason: "bad_value", field };
}

/** Identifiers that the schema limits to hex digits and hyphens. */
const notScanned = new Set(["anon_user_id", "anon_session_id"]);

/** Scans every string at any depth. */
function scanValues(value: unknown, name = ""): Pick<RefusedEvent, "reason" | "field"> | undefined {
  if (typeof value === "string") {
    if (notScanned.has(name)) return undefined;
    const field = fields.has(name) ? (name as FieldName) : "envelope";
    const isCommand = name === "command_path" || name === "command";
    if (isCommand) return isPublicCommand(value) ? undefined : { reason: "command_not_public", field: "command_path" };
    return scan(value) === undefined ? undefined : { reason: "scanner", field };
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = scanValues(inner, Array.isArray(value) ? name : key);
    if (found !== undefined) return found;
  }
  return undefined;
}
