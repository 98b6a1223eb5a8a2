/**
 * Generates the Python SDK's allow-list from the event and field tables, and its test vectors: fields
 * that a program may pass with the result of the firewall, which the SDK must reproduce.
 */

import { allowAll, Firewall } from "../../server/privacy/firewall.ts";
import { catchAllOf, statusOfType } from "../../server/privacy/normalize.ts";
import { canonicalNames, modelPrefix, modelSuffix } from "../../server/privacy/public-names.ts";
import { eventTable, fieldsOf } from "../../shared/schema/events.ts";
import { type FieldType, identifierPatterns } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldTable } from "../../shared/schema/fields.ts";
import { type ProgramEvent, programEvents } from "../../shared/schema/program-events.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { modelFamily, models } from "../../shared/vocabulary/models.ts";
import { mcpName } from "../../shared/vocabulary/tools.ts";

/** Without hashes, which only the worker creates. */
/** Fields that the firewall derives from others, or renames. */
const derived: ReadonlySet<string> = new Set(["context_size", "mcp_server"]);
const isRenamed = (type: ProgramEvent, name: FieldName) => type === "model_request" && name === "tokens_cached";

const writable = (type: ProgramEvent): readonly FieldName[] =>
  fieldsOf(type).filter(
    (name) => fieldTable[name].type.type !== "hash" && !derived.has(name) && !isRenamed(type, name),
  );

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

export function pythonAllowList(): string {
  const names = [...new Set(programEvents.flatMap(writable))].sort();
  return json({
    generated: "npm run generate",
    types: Object.fromEntries(
      programEvents.map((type) => {
        const { category, required } = eventTable[type];
        return [type, { category, fields: writable(type).map((name) => [name, required.includes(name)]) }];
      }),
    ),
    fields: Object.fromEntries(
      names.map((name) => {
        const { type, category } = fieldTable[name];
        return [name, { category, ...type, other: catchAllOf(name) }];
      }),
    ),
    status_of_type: statusOfType,
    tools: Object.fromEntries(canonicalNames),
    mcp_name: mcpName.source,
    models,
    model_family: modelFamily.source,
    model_prefix: modelPrefix.source,
    model_suffix: modelSuffix.source,
    patterns: Object.fromEntries(Object.entries(identifierPatterns).map(([name, { source }]) => [name, source])),
  });
}

const canary = "canary-py-51d0 ada@example.com /home/ada";

/** Returns valid values, alternative spellings and invalid values of a field. */
function valuesFor(name: FieldName, fieldType: FieldType): readonly unknown[] {
  const invalid = [canary, -1, 1.5, 10 ** 15, true, null, [], {}, "", 0];
  const spellings: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
    command_path: [
      "git push origin main",
      "npm run",
      "npm run secret-script",
      "nexus stats",
      "docker compose up -d",
      "ls -la",
    ],
    tool_name: ["Bash", "Read", "mcp__atlas__search", "my_own_tool", "run_terminal_cmd", "mcp"],
    model: [
      "anthropic/claude-sonnet-4-5-20250929",
      "GPT-5",
      "openai/gpt-5",
      "my-own-model",
      "claude-opus-4-1[1m]",
      "claude-opus-7-2",
      "claude-4.5-sonnet",
    ],
  };
  const valid: readonly unknown[] =
    "values" in fieldType
      ? fieldType.values.slice(0, 3)
      : "max" in fieldType
        ? [fieldType.min, fieldType.max, fieldType.max / 3]
        : [];
  const lists = fieldType.type === "enum_list" ? [fieldType.values.slice(0, 2), [fieldType.values[0], canary]] : [];
  const versions = fieldType.type === "identifier" ? ["1.2.3", "1.2.3-rc.1", "1.2.3.4", "1.2.3-secret"] : [];
  return [...valid, ...lists, ...versions, ...(spellings[name] ?? []), ...invalid];
}

/** Returns the required fields of a type with valid values. */
function requiredFields(type: ProgramEvent): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    eventTable[type].required.map((name) => {
      const { type } = fieldTable[name];
      return [
        name,
        name === "tool_phase"
          ? "end"
          : type.type === "enum"
            ? type.values[0]
            : type.type === "command_path"
              ? "git push"
              : 0,
      ];
    }),
  );
}

export function pythonVectors(): string {
  const firewall = new Firewall(null);
  const nowMs = Date.UTC(2026, 10, 1);
  const envelope = {
    id: "0199b0c0-0000-7000-8000-000000000000",
    session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
    ts: nowMs,
    utc_offset_min: 0,
    source: "python_sdk",
    seq: 1,
  };
  const vectors: object[] = [];
  const add = (type: ProgramEvent, fields: Readonly<Record<string, unknown>>) => {
    const clean = firewall.admit(markRaw({ ...envelope, event_type: type, ...fields }), allowAll, nowMs);
    const expected = clean && Object.fromEntries(Object.entries(clean.payload).filter(([name]) => !derived.has(name)));
    vectors.push({ type, fields, expected: expected ?? null });
  };
  for (const type of programEvents) {
    add(type, {});
    add(type, { ...requiredFields(type), [canary]: canary, text: canary });
    for (const name of writable(type)) {
      for (const value of valuesFor(name, fieldTable[name].type)) add(type, { ...requiredFields(type), [name]: value });
    }
  }
  return `[\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]\n`;
}
