/** `nexus event emit`: one event from a script, checked before it is recorded. */
import { isCommandPath } from "../../../server/privacy/vocabulary.ts";
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "../../../shared/schema/events.ts";
import { type FieldType, validatorOf } from "../../../shared/schema/field-types.ts";
import { type FieldName, fieldNames, fieldTable } from "../../../shared/schema/fields.ts";
import type { RawEventFields } from "../../../shared/schema/raw-event.ts";
import { type Source, sources } from "../../../shared/schema/sources.ts";
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

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function run(typeName: string, options: EmitOptions): Promise<void> {
  const type = oneOf(typeName, eventTypeNames, "event");
  const source = options.source === undefined ? "nexus_cli" : oneOf(options.source, sources, "source");
  const { session } = options;
  if (session !== undefined && !uuidV4.test(session)) throw new UsageError("--session must be a UUID of version 4.");
  const fields = fieldsFrom(type, options);
  return withService((worker) => {
    const moment = { source: source as Source, session: session ?? sessionFor(worker, Date.now()), tsMs: Date.now() };
    const why = record(worker, moment, type, fields as RawEventFields[typeof type]);
    if (options.json === true) printJson({ version: 1, stored: why === undefined, event_type: type });
    else print(why === undefined ? `Recorded ${type}.` : `${type} was not recorded: ${notStored[why]}.`);
  });
}

const notStored: Readonly<Record<NotStored, string>> = {
  below_watermark: "the clock says a time before events that expired or were purged. Check the clock",
  bad_time: "the time or the offset of this machine's clock is not valid. Check the clock and the time zone",
  refused: "its category is not ticked (nexus telemetry status)",
};

function oneOf<T extends string>(given: string, known: readonly T[], what: string): T {
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  const hint = didYouMean(given, known) || ` nexus telemetry explain lists all there are.`;
  throw new UsageError(`There is no ${what} ${given}.${hint}`);
}

/** Every fault of the fields at once. @throws UsageError */
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
    if (at === -1) faults.push(`${name}: write it as NAME=VALUE.`);
    else if (!allowed.some((known) => known === name)) faults.push(strange(type, name, allowed));
    else {
      const { type: kind } = fieldTable[name as FieldName];
      const value = valueFrom(kind, pair.slice(at + 1));
      if (validatorOf(kind, isCommandPath)(value) === undefined)
        faults.push(`${name}: it must be ${fieldTypeText(kind)}.`);
      else fields[name] = value;
    }
  }
  for (const name of eventTable[type].required) {
    if (fields[name] === undefined && !faults.some((fault) => fault.startsWith(`${name}:`)))
      faults.push(`${name}: ${type} needs it (--set ${name}=…).`);
  }
  const carries = (name: FieldName) => fieldsOf(type).includes(name);
  if (workspace !== undefined && !carries("workspace_hash")) faults.push(`--workspace: ${type} has none.`);
  if (task !== undefined && !carries("task_hash")) faults.push(`--task: ${type} has none.`);
  if (faults.length > 0) throw new UsageError(`Nothing was recorded.\n  ${faults.join("\n  ")}`);
  return { ...fields, ...(workspace === undefined ? {} : { workspace }), ...(task === undefined ? {} : { task }) };
}

function strange(type: EventTypeName, name: string, allowed: readonly string[]): string {
  if (fieldNames.some((known) => known === name) && fieldTable[name as FieldName].type.type === "hash")
    return `${name}: hashes are made here; give the name with --workspace or --task.`;
  return `${name}: ${type} has no such field.${didYouMean(name, allowed) || ` It has: ${allowed.join(", ")}.`}`;
}

function valueFrom(kind: FieldType, text: string): unknown {
  switch (kind.type) {
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
