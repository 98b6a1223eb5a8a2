/**
 * The firewall's first layer, shape: is it one of our events, and which of its fields are known by name?
 *
 * It looks at own keys alone, never walks deeper than the two levels that a payload may have, and keeps no reference to
 * a value whose name it does not know.
 */
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
import { noSequence } from "./clean-event.ts";
import type { Counters, RefusalReason } from "./counters.ts";

/** What stands around a payload, as it is kept. */
export interface Envelope {
  readonly id: string;
  readonly ts: number;
  readonly utcOffsetMin: number;
  readonly sessionId: string;
  readonly source: Source;
  readonly seq: number;
}

/** Known fields and raw inputs by name, their values still of any shape. */
export type KnownFields = Record<string, unknown>;

export type Alias = keyof typeof eventAliases;

export interface ParsedEvent {
  readonly type: EventTypeName | Alias;
  readonly envelope: Envelope;
  readonly known: KnownFields;
}

/** 2020-01-01, before which nothing of this product can have happened. */
const minTsMs = Date.UTC(2020, 0, 1);
/** An event may lie this far ahead of the worker's clock. */
const maxAheadMs = 24 * 60 * 60 * 1000;
/** More events no session has: a number of somebody's has no room here. */
const maxSeq = 100_000_000;
/** No place on Earth is further from UTC. */
const maxOffsetMin = 14 * 60;

/** RFC 9562, version 7. */
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** RFC 9562, version 4. */
const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const envelopeNames = ["id", "event_type", "ts", "utc_offset_min", "session_id", "source", "seq"] as const;

/** What fields are made from. Each is looked at in `derive.ts` alone, and is gone after it. */
export const rawInputs = [
  "command_line",
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
const everyName: ReadonlySet<string> = new Set([...fieldNames, ...rawInputs]);

/** The type whose fields an alias has. */
export const typeOf = (type: EventTypeName | Alias): EventTypeName =>
  type in eventAliases ? eventAliases[type as Alias][0] : (type as EventTypeName);

/** What a name at the top of an event of a type is: part of the envelope, a known name, or a group of fields. */
type NameRole = "envelope" | "known" | ReadonlyMap<string, string>;

/**
 * The standing of every name, by type. Hashes are left out: they are made here, never taken. `tool_name` also names a
 * ThinkTool, as in the flat form of the analytics design, section 2.3.
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

/** A plain name could belong to a field of another version; anything else may be a text of the user's. */
const plainName = /^[a-z][a-z0-9_]{0,39}$/;

/** The event's parts by name, or why there is none. What is not known is counted. */
export function parseEvent(input: unknown, nowMs: number, counters: Counters): ParsedEvent | RefusalReason {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "not_an_event";
  const given = input as Readonly<Record<string, unknown>>;
  const type = types.get(own(given, "event_type"));
  const envelope = envelopeOf(given);
  if (type === undefined || envelope === undefined) return "bad_envelope";
  if (envelope.ts > nowMs + maxAheadMs) return "bad_time";

  const known: KnownFields = {};
  const standing = nameRoles[typeOf(type)];
  for (const name of Object.keys(given)) {
    const stands = standing.get(name);
    if (stands === "known") known[name] = given[name];
    else if (stands === undefined) counters.drop(nameClass(name));
    else if (stands !== "envelope") openGroup(name, given[name], stands, known, counters);
  }
  return { type, envelope, known };
}

/** The source that an event names, whatever else is wrong with it. */
export function sourceOf(input: unknown): Source | undefined {
  return typeof input === "object" && input !== null
    ? sourceNames.get(own(input as Readonly<Record<string, unknown>>, "source"))
    : undefined;
}

function openGroup(
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
  if (everyName.has(name)) return "field_of_another_type";
  return plainName.test(name) ? "unknown_field" : "odd_field_name";
}

function own(given: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function envelopeOf(given: Readonly<Record<string, unknown>>): Envelope | undefined {
  const id = own(given, "id");
  const ts = own(given, "ts");
  const utcOffsetMin = own(given, "utc_offset_min");
  const sessionId = own(given, "session_id");
  const source = sourceNames.get(own(given, "source"));
  const seq = own(given, "seq") ?? noSequence;
  if (typeof id !== "string" || id.length !== 36 || !uuidV7.test(id)) return undefined;
  if (typeof sessionId !== "string" || sessionId.length !== 36 || !uuidV4.test(sessionId)) return undefined;
  if (typeof ts !== "number" || !Number.isSafeInteger(ts) || ts < minTsMs) return undefined;
  if (typeof utcOffsetMin !== "number" || !Number.isInteger(utcOffsetMin)) return undefined;
  if (Math.abs(utcOffsetMin) > maxOffsetMin) return undefined;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0 || seq > maxSeq) return undefined;
  if (source === undefined) return undefined;
  return { id, ts, utcOffsetMin, sessionId, source, seq };
}
