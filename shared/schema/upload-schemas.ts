/** JSON Schemas (draft 2020-12) of the events and batches of upload schemas 1 and 2. */

import { modelFamily, models } from "../vocabulary/models.ts";
import { architectures, systems } from "../vocabulary/platforms.ts";
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "./events.ts";
import { type FieldType, identifierPatterns } from "./field-types.ts";
import { type FieldName, fieldTable } from "./fields.ts";
import { pathOf } from "./payload-layout.ts";
import { schema1Commands } from "./schema-1.ts";
import { liveSources } from "./sources.ts";
import { uuidSource } from "./uuid-pattern.ts";

export type Schema = Readonly<Record<string, unknown>>;

/** Only the form: the vocabulary itself is too large for a schema, and the server has it. */
export const commandPathPattern = "^[a-z0-9][a-z0-9._+-]{0,31}(?: (?:--)?[a-z0-9][a-z0-9._+:-]{0,31}){0,2}$";
const uuid = (version: number) => ({
  type: "string",
  pattern: `^${uuidSource(version)}$`,
});
const sha256 = { type: "string", pattern: "^[0-9a-f]{64}$" };
const milliseconds = { type: "integer", minimum: 1577836800000, maximum: Number.MAX_SAFE_INTEGER };
const sequence = { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const time = { type: "string", pattern: "^20\\d{2}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$" };
const versionOr = (word: string) => ({
  anyOf: [{ type: "string", pattern: identifierPatterns.version.source }, { const: word }],
});

function fieldTypeSchema(fieldType: FieldType): Schema {
  switch (fieldType.type) {
    case "enum":
      return { enum: fieldType.values };
    case "enum_list":
      return { type: "array", items: { enum: fieldType.values }, minItems: 1, maxItems: fieldType.maxItems };
    case "command_path":
      return { type: "string", pattern: commandPathPattern };
    case "model":
      return { anyOf: [{ enum: models }, { type: "string", pattern: modelFamily.source }] };
    case "identifier":
      return { type: "string", pattern: identifierPatterns[fieldType.pattern].source };
    case "hash":
      return { type: "string", pattern: "^[0-9a-f]{32}$" };
    case "integer":
      return { type: "integer", minimum: fieldType.min, maximum: fieldType.max };
    case "decimal":
      return { type: "number", minimum: fieldType.min, maximum: fieldType.max };
    case "boolean":
      return { type: "boolean" };
  }
}

const closed = (properties: Readonly<Record<string, unknown>>, required = Object.keys(properties)): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

/** Each field is defined once per document. */
const fieldSchema = (name: FieldName): Schema => ({ $ref: `#/$defs/${name}` });

function definitions(isIncluded: (name: FieldName) => boolean): Schema {
  const names = (Object.keys(fieldTable) as FieldName[]).filter(isIncluded);
  return Object.fromEntries(
    names.map((name) => [
      name,
      { ...fieldTypeSchema(fieldTable[name].type), description: fieldTable[name].description },
    ]),
  );
}

const isInSchema1 = (name: FieldName): boolean => fieldTable[name].shared === "schema_1_and_2";
const isInSchema2 = (name: FieldName): boolean => fieldTable[name].shared !== "never";

/** Usage aggregation, "Upload Event Schema". */
function eventOne(): Schema {
  const fields = (Object.keys(fieldTable) as FieldName[]).filter(isInSchema1);
  const envelope = {
    schema_version: { const: 1 },
    anon_user_id: uuid(4),
    anon_session_id: sha256,
    ts: milliseconds,
    seq: sequence,
    source: { enum: liveSources },
    event_type: { enum: [...schema1Commands, "agent_event"] },
  };
  const optional = Object.fromEntries(fields.map((name) => [name, fieldSchema(name)]));
  return closed({ ...envelope, ...optional }, Object.keys(envelope));
}

/** The shared fields of a type, nested as in the analytics design, sections 3.3 and 3.4. */
function payload(type: EventTypeName): Schema {
  const top: Record<string, unknown> = {};
  const groups: Record<string, Record<string, unknown>> = {};
  for (const name of fieldsOf(type)) {
    if (!isInSchema2(name)) continue;
    const [outer, inner] = pathOf(type, name);
    if (inner === undefined) top[outer] = fieldSchema(name);
    else {
      groups[outer] ??= outer === "execution" ? { success: { type: "boolean" } } : {};
      Object.assign(groups[outer], { [inner]: fieldSchema(name) });
    }
  }
  for (const [name, members] of Object.entries(groups)) top[name] = closed(members, []);
  const required = eventTable[type].required
    .filter((name) => isInSchema2(name) && fieldTable[name].category === eventTable[type].category)
    .map((name) => pathOf(type, name)[0]);
  return closed(top, required);
}

/** Analytics design, section 3.1, with `runtime_version` for `rust_version` and the source as `channel`. */
function eventTwoOf(type: EventTypeName): Schema {
  return closed({
    schema_version: { const: "1.0.0" },
    event_id: uuid(7),
    event_type: { const: type },
    timestamp: time,
    source: { $ref: "#/$defs/envelope_source" },
    session: { $ref: "#/$defs/envelope_session" },
    payload: payload(type),
  });
}

const eventTwo = (): Schema => ({ oneOf: eventTypeNames.map(eventTwoOf) });

const envelopeParts = {
  envelope_source: closed({
    product: { const: "nexus-telemetry" },
    version: versionOr("withheld"),
    tier: { const: "oss" },
    os: { enum: [...systems, "withheld"] },
    arch: { enum: [...architectures, "withheld"] },
    runtime_version: versionOr("withheld"),
    channel: { enum: liveSources },
  }),
  envelope_session: closed({ id: sha256, sequence, started_at: time }, ["id", "sequence"]),
};

/** The batch, with `event` as the schema of its events. */
function batch(version: 1 | 2, event: Schema = { $ref: "#/$defs/event" }): Schema {
  return closed({
    batch_id: uuid(8),
    generated_at: milliseconds,
    schema_version: { const: version },
    anon_user_id: uuid(4),
    events: { type: "array", items: event, minItems: 1, maxItems: 1000 },
  });
}

const text = (title: string, schema: Schema, $defs: Schema): string =>
  `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", title, ...schema, $defs }, null, 2)}\n`;

/** Returns file name → text. */
export function uploadSchemas(): ReadonlyMap<string, string> {
  const one = definitions(isInSchema1);
  const two = { ...envelopeParts, ...definitions(isInSchema2) };
  return new Map([
    ["usage-event-1.schema.json", text("Usage event, schema 1", eventOne(), one)],
    ["usage-batch-1.schema.json", text("Usage batch, schema 1", batch(1), { event: eventOne(), ...one })],
    ["usage-event-2.schema.json", text("Usage event, schema 2", eventTwo(), two)],
    ["usage-batch-2.schema.json", text("Usage batch, schema 2", batch(2), { event: eventTwo(), ...two })],
  ]);
}

/**
 * Returns the same schemas in parts, for a server that validates the batch first and then each event:
 * so one invalid event does not invalidate its batch.
 */
export function receivedSchemas() {
  const one = definitions(isInSchema1);
  const two = { ...envelopeParts, ...definitions(isInSchema2) };
  return {
    frames: { 1: batch(1, {}), 2: batch(2, {}) },
    eventOne: { ...eventOne(), $defs: one } as Schema,
    eventTwo: new Map(eventTypeNames.map((type) => [type, { ...eventTwoOf(type), $defs: two } as Schema])),
  };
}
