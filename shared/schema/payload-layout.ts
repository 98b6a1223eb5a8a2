/**
 * The nested form of payloads in the export and in upload schema 2 (analytics design, sections 3.3
 * for commands and 3.4 for errors). Internally every payload is flat; ingest accepts both forms.
 */
import { type EventTypeName, eventTable, fieldsOf, type Layout } from "./events.ts";
import type { FieldName } from "./fields.ts";

/** Field → path, for fields that are not at the top level under their own name. */
const paths: Readonly<Record<Layout, Readonly<Partial<Record<FieldName, readonly [string, string?]>>>>> = {
  flat: {},
  command: {
    command_path: ["command"],
    duration_ms: ["execution", "duration_ms"],
    llm_latency_ms: ["execution", "llm_latency_ms"],
    processing_ms: ["execution", "processing_ms"],
    status: ["execution", "status"],
    exit_class: ["execution", "exit_class"],
    tokens_input: ["tokens", "input"],
    tokens_output: ["tokens", "output"],
    tokens_cached: ["tokens", "cached"],
    model: ["tokens", "model"],
    confidence_score: ["quality", "confidence_score"],
    coherence_score: ["quality", "coherence_score"],
    depth_score: ["quality", "depth_score"],
    error_category: ["error", "category"],
    error_code: ["error", "code"],
  },
  error: {
    command_path: ["context", "command"],
    profile: ["context", "profile"],
    step: ["context", "step"],
  },
};

/** Returns the path of a field: its name, or the name of an object and of a member. */
export function pathOf(type: EventTypeName, field: FieldName): readonly [string, string?] {
  return paths[eventTable[type].layout][field] ?? [field];
}

/** Returns the nested form of a flat payload. `execution.success` is derived from the status. */
export function nested(type: EventTypeName, flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const groups = new Map<string, Record<string, unknown>>();
  for (const name of fieldsOf(type)) {
    const value = flat[name];
    if (value === undefined || value === null) continue;
    const [outer, inner] = pathOf(type, name);
    if (inner === undefined) result[outer] = value;
    else {
      const group = groups.get(outer) ?? {};
      groups.set(outer, group);
      result[outer] = group;
      group[inner] = value;
    }
  }
  const execution = groups.get("execution");
  if (execution?.["status"] !== undefined) execution["success"] = execution["status"] === "ok";
  return result;
}

/** Layout → nested object → member → flat field name. */
export const groupsOf: Readonly<Record<Layout, ReadonlyMap<string, ReadonlyMap<string, FieldName>>>> = {
  flat: new Map(),
  command: groups("command"),
  error: groups("error"),
};

function groups(layout: Layout): ReadonlyMap<string, ReadonlyMap<string, FieldName>> {
  const found = new Map<string, Map<string, FieldName>>();
  for (const [field, [outer, inner]] of Object.entries(paths[layout])) {
    if (inner === undefined) continue;
    const members = found.get(outer) ?? new Map<string, FieldName>();
    found.set(outer, members.set(inner, field as FieldName));
  }
  return found;
}

/** Returns the flat form of a nested payload, with unknown names as they are. `execution.success` is derived and left out. */
export function flattened(
  type: EventTypeName,
  payload: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { layout } = eventTable[type];
  const flat: Record<string, unknown> = {};
  const top = new Map(
    Object.entries(paths[layout]).flatMap(([field, [outer, inner]]) => (inner === undefined ? [[outer, field]] : [])),
  );
  for (const [name, value] of Object.entries(payload)) {
    const members = groupsOf[layout].get(name);
    if (members === undefined || typeof value !== "object" || value === null) flat[top.get(name) ?? name] = value;
    else
      for (const [member, inner] of Object.entries(value)) {
        if (name === "execution" && member === "success") continue;
        flat[members.get(member) ?? `${name}.${member}`] = inner;
      }
  }
  return flat;
}
