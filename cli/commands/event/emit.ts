/** `nexus event emit`: validates and records one event. Reports all invalid fields at once. */

import { isCommandPath } from "../../../server/privacy/vocabulary.ts";
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "../../../shared/schema/events.ts";
import { type FieldType, validatorOf } from "../../../shared/schema/field-types.ts";
import { type FieldName, fieldNames, fieldTable } from "../../../shared/schema/fields.ts";
import type { RawEventFields } from "../../../shared/schema/raw-event.ts";
import { type Source, sources } from "../../../shared/schema/sources.ts";
import { uuidV4Pattern } from "../../../shared/schema/uuid-pattern.ts";
import { didYouMean } from "../../../shared/text/did-you-mean.ts";
import { fieldTypeText } from "../../../shared/text/explain.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { type NotStored, record, sessionFor } from "../../record.ts";
import { withService } from "../../runtime.ts";

interface EmitOptions extends JsonOption {
  readonly set?: readonly string[];
  readonly source?: string;
  readonly session?: string;
  readonly workspace?: string;
  readonly task?: string;
}

export function run(typeName: string, options: EmitOptions): Promise<void> {
  const type = parseName(typeName, eventTypeNames, "event");
  const source = options.source === undefined ? "nexus_cli" : parseName(options.source, sources, "source");
  const { session } = options;
  if (session !== undefined && !uuidV4Pattern.test(session)) throw new UsageError("--session must be a UUID v4.");
  const fields = fieldsFrom(type, options);
  return withService((service) => {
    const context = { source: source as Source, session: session ?? sessionFor(service, Date.now()), tsMs: Date.now() };
    const reason = record(service, context, type, fields as RawEventFields[typeof type]);
    if (options.json === true) printJson({ version: 1, stored: reason === undefined, event_type: type });
    else print(reason === undefined ? `Recorded ${type}.` : `Not recorded: ${notStored[reason]}.`);
  });
}

const notStored: Readonly<Record<NotStored, string>> = {
  below_watermark: "the system time is before data that expired or was purged. Check the system clock",
  bad_time: "the system time or UTC offset is invalid. Check the system clock and the time zone",
  refused: "its category is not selected (see nexus telemetry status)",
};

function parseName<T extends string>(text: string, values: readonly T[], kind: string): T {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  const hint = didYouMean(text, values) || ` Valid values: ${values.join(", ")}.`;
  throw new UsageError(`Unknown ${kind}: ${text}.${hint}`);
}

/** Parses the fields. @throws UsageError with every invalid field */
function fieldsFrom(
  type: EventTypeName,
  { set = [], workspace, task }: EmitOptions,
): Readonly<Record<string, unknown>> {
  const allowed = fieldsOf(type).filter((name) => fieldTable[name].type.type !== "hash");
  const faults: string[] = [];
  const fields: Record<string, unknown> = {};
  for (const pair of set) {
    const at = pair.indexOf("=");
    const name = at === -1 ? pair : pair.slice(0, at);
    if (at === -1) faults.push(`${name}: use NAME=VALUE.`);
    else if (!allowed.some((known) => known === name)) faults.push(unknownField(type, name, allowed));
    else {
      const { type: fieldType } = fieldTable[name as FieldName];
      const value = parseValue(fieldType, pair.slice(at + 1));
      if (validatorOf(fieldType, isCommandPath)(value) === undefined)
        faults.push(`${name}: must be ${fieldTypeText(fieldType)}.`);
      else fields[name] = value;
    }
  }
  for (const name of eventTable[type].required) {
    if (fields[name] === undefined && !faults.some((fault) => fault.startsWith(`${name}:`)))
      faults.push(`${name}: required by ${type} (--set ${name}=…).`);
  }
  const hasField = (name: FieldName) => fieldsOf(type).includes(name);
  if (workspace !== undefined && !hasField("workspace_hash")) faults.push(`--workspace: not supported by ${type}.`);
  if (task !== undefined && !hasField("task_hash")) faults.push(`--task: not supported by ${type}.`);
  if (faults.length > 0) throw new UsageError(`Not recorded: invalid fields.\n  ${faults.join("\n  ")}`);
  return { ...fields, ...(workspace === undefined ? {} : { workspace }), ...(task === undefined ? {} : { task }) };
}

function unknownField(type: EventTypeName, name: string, allowed: readonly string[]): string {
  if (fieldNames.some((known) => known === name) && fieldTable[name as FieldName].type.type === "hash")
    return `${name}: hashes cannot be set. Use --workspace NAME or --task NAME.`;
  return `${name}: unknown field of ${type}.${didYouMean(name, allowed) || ` Valid fields: ${allowed.join(", ")}.`}`;
}

function parseValue(fieldType: FieldType, text: string): unknown {
  switch (fieldType.type) {
    case "integer":
    case "decimal":
      return text.trim() === "" ? Number.NaN : Number(text);
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "enum_list":
      return text.split(",");
    default:
      return text;
  }
}
