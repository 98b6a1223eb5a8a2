/**
 * The firewall's first layer, shape: checks that the input is an event and extracts the fields with
 * known names. Reads only own keys, at most two levels. Never keeps a value with an unknown name.
 */
import { dayMs } from "../../shared/schema/durations.ts";
import {
  type EventTypeName,
  eventAliases,
  eventTable,
  eventTypeNames,
  fieldsOf,
  perEventType,
} from "../../shared/schema/events.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import { groupsOf, pathOf } from "../../shared/schema/payload-layout.ts";
import { type Source, sources } from "../../shared/schema/sources.ts";
import { uuidV4Pattern, uuidV7Pattern } from "../../shared/schema/uuid-pattern.ts";
import { noSequence } from "./clean-event.ts";
import type { Counters, RefusalReason } from "./counters.ts";

export interface Envelope {
  readonly id: string;
  readonly ts: number;
  readonly utcOffsetMin: number;
  readonly sessionId: string;
  readonly source: Source;
  readonly seq: number;
}

/** Known fields and raw inputs by name; their values are not validated yet. */
export type KnownFields = Record<string, unknown>;

export type Alias = keyof typeof eventAliases;

export interface ParsedEvent {
  readonly type: EventTypeName | Alias;
  readonly envelope: Envelope;
  readonly known: KnownFields;
}

/** 2020-01-01, before the first version of this product. */
const minTsMs = Date.UTC(2020, 0, 1);
/** Tolerance for clocks ahead of the worker's. */
const maxAheadMs = dayMs;
/** More than any session has, and too small for a card or phone number. */
const maxSeq = 100_000_000;
/** The largest UTC offset of any time zone. */
const maxOffsetMin = 14 * 60;

export const envelopeNames = ["id", "event_type", "ts", "utc_offset_min", "session_id", "source", "seq"] as const;

/** Inputs that fields are derived from. Only `normalize.ts` reads them; they are never stored. */
export const rawInputs = [
  "command_line",
  "command_words",
  "command",
  "subcommand",
  "exit_code",
  "success",
  "workspace",
  "task",
  "caller",
] as const;

const types: ReadonlyMap<unknown, EventTypeName | Alias> = new Map(
  [...eventTypeNames, ...(Object.keys(eventAliases) as Alias[])].map((name) => [name, name]),
);
const sourceNames: ReadonlyMap<unknown, Source> = new Map(sources.map((name) => [name, name]));
const allNames: ReadonlySet<string> = new Set([...fieldNames, ...rawInputs]);

/** Returns the type whose fields an alias uses. */
export const typeOf = (type: EventTypeName | Alias): EventTypeName =>
  type in eventAliases ? eventAliases[type as Alias][0] : (type as EventTypeName);

/** Role of a top-level name: part of the envelope, a known name, or a group of fields. */
type NameRole = "envelope" | "known" | ReadonlyMap<string, string>;

/**
 * The role of each name by event type. Excludes hashes, which are never accepted from outside.
 * `tool_name` may also name a ThinkTool, as in the flat form of the analytics design, section 2.3.
 */
const nameRoles = perEventType((type): ReadonlyMap<string, NameRole> => {
  const fields = fieldsOf(type).filter((name) => fieldTable[name].type.type !== "hash");
  const outer = fields
    .map((name) => pathOf(type, name))
    .flatMap(([name, inner]) => (inner === undefined ? [name] : []));
  const known = [...fields, ...outer, ...rawInputs, ...(fields.includes("thinktool") ? ["tool_name"] : [])];
  return new Map<string, NameRole>([
    ...groupsOf[eventTable[type].layout],
    ...known.map((name) => [name, "known"] as const),
    ...envelopeNames.map((name) => [name, "envelope"] as const),
  ]);
});

/** May be a field of another version; any other name may be text of the user's. */
const plainName = /^[a-z][a-z0-9_]{0,39}$/;

/** Returns type, envelope and known fields, or the reason for rejection. Counts unknown names. */
export function parseEvent(input: unknown, nowMs: number, counters: Counters): ParsedEvent | RefusalReason {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "not_an_event";
  const fields = input as Readonly<Record<string, unknown>>;
  const type = types.get(ownValue(fields, "event_type"));
  const envelope = envelopeOf(fields);
  if (type === undefined || envelope === undefined) return "bad_envelope";
  if (envelope.ts > nowMs + maxAheadMs) return "bad_time";

  const known: KnownFields = {};
  const roles = nameRoles[typeOf(type)];
  for (const name of Object.keys(fields)) {
    const role = roles.get(name);
    if (role === "known") known[name] = fields[name];
    else if (role === undefined) counters.drop(nameClass(name));
    else if (role !== "envelope") readGroup(name, fields[name], role, known, counters);
  }
  return { type, envelope, known };
}

/** Returns the source of an event, even if the event is otherwise invalid. */
export function sourceOf(input: unknown): Source | undefined {
  return typeof input === "object" && input !== null
    ? sourceNames.get(ownValue(input as Readonly<Record<string, unknown>>, "source"))
    : undefined;
}

function readGroup(
  group: string,
  value: unknown,
  members: ReadonlyMap<string, string>,
  known: KnownFields,
  counters: Counters,
): void {
  if (value === null) return;
  if (typeof value !== "object" || Array.isArray(value)) {
    counters.drop("bad_value");
    return;
  }
  for (const name of Object.keys(value)) {
    const field = members.get(name) ?? (group === "execution" && name === "success" ? name : undefined);
    const member: unknown = Reflect.get(value, name);
    if (field === undefined) counters.drop(nameClass(name));
    else if (member !== null) known[field] = member;
  }
}

function nameClass(name: string) {
  if (allNames.has(name)) return "field_of_another_type";
  return plainName.test(name) ? "unknown_field" : "odd_field_name";
}

function ownValue(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function envelopeOf(fields: Readonly<Record<string, unknown>>): Envelope | undefined {
  const id = ownValue(fields, "id");
  const ts = ownValue(fields, "ts");
  const utcOffsetMin = ownValue(fields, "utc_offset_min");
  const sessionId = ownValue(fields, "session_id");
  const source = sourceNames.get(ownValue(fields, "source"));
  const seq = ownValue(fields, "seq") ?? noSequence;
  if (typeof id !== "string" || id.length !== 36 || !uuidV7Pattern.test(id)) return undefined;
  if (typeof sessionId !== "string" || sessionId.length !== 36 || !uuidV4Pattern.test(sessionId)) return undefined;
  if (typeof ts !== "number" || !Number.isSafeInteger(ts) || ts < minTsMs) return undefined;
  if (typeof utcOffsetMin !== "number" || !Number.isInteger(utcOffsetMin)) return undefined;
  if (Math.abs(utcOffsetMin) > maxOffsetMin) return undefined;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0 || seq > maxSeq) return undefined;
  if (source === undefined) return undefined;
  return { id, ts, utcOffsetMin, sessionId, source, seq };
}
