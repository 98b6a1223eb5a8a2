/**
 * The firewall for imports of exports: rows that this product wrote, which may have been changed since. Every value is checked
 * against the field table and scanned, as an event from outside; hashes are accepted, because only the recording machine can create them. A command
 * that the vocabulary no longer knows becomes `other`; another optional value that this version does not know is left out.
 */
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "../../shared/schema/events.ts";
import { type FieldValue, validatorOf } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import { flattened } from "../../shared/schema/payload-layout.ts";
import { liveSources, type Source } from "../../shared/schema/sources.ts";
import { scan } from "./scanner/scan.ts";
import { isCommandPath } from "./vocabulary.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A row is not one of an export. The message names the field, never its value. */
export class ImportedRowError extends Error {
  override readonly name = "ImportedRowError";
}

export interface ImportedFields {
  readonly type: EventTypeName;
  readonly source: Source;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

const checks = new Map(Object.entries(fieldTable).map(([name, { type }]) => [name, validatorOf(type, isCommandPath)]));

export class ImportedRows {
  /** Values that were left out because this version does not know them. */
  unknownValues = 0;
  readonly #clean = new Map<string, boolean>();

  /** Checks type, source and payload of an event. @throws ImportedRowError */
  event(type: unknown, source: unknown, payload: unknown): ImportedFields {
    const known = this.#typeOf(type);
    if (typeof payload !== "object" || payload === null) throw new ImportedRowError("payload is missing");
    return this.#checked(known, this.source(source), flattened(known, payload as Fields), eventTable[known].required);
  }

  /** Checks the dimensions of a total, which are at the top level of the row. @throws ImportedRowError */
  dimensions(row: Fields, names: readonly FieldName[]): ImportedFields {
    const type = this.#typeOf(row["event_type"]);
    const present = Object.fromEntries(
      names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]),
    );
    return this.#checked(type, this.source(row["source"]), present, []);
  }

  /** Returns whether totals add up the values of a field. */
  isMeasure(name: string): boolean {
    const field = fieldNames.find((known) => known === name);
    const type = field === undefined ? undefined : fieldTable[field].type.type;
    return type === "integer" || type === "decimal";
  }

  #typeOf(value: unknown): EventTypeName {
    const type = eventTypeNames.find((name) => name === value);
    if (type === undefined) throw new ImportedRowError("event_type is unknown");
    return type;
  }

  /** @throws ImportedRowError */
  source(value: unknown): Source {
    const source = liveSources.find((name) => name === value);
    if (source === undefined) throw new ImportedRowError("the source is unknown");
    return source;
  }

  #checked(type: EventTypeName, source: Source, input: Fields, required: readonly FieldName[]): ImportedFields {
    const allowed = fieldsOf(type);
    const fields: Record<string, FieldValue> = {};
    for (const [name, value] of Object.entries(input)) {
      const field = allowed.find((candidate) => candidate === name);
      if (field === undefined)
        throw new ImportedRowError(
          /^[a-z_]{1,40}$/.test(name) ? `${name} is no field of ${type}` : "a field is unknown",
        );
      const clean = this.#valueOf(field, value);
      if (clean === undefined) this.unknownValues += 1;
      else fields[name] = clean;
    }
    const missing = required.find((name) => fields[name] === undefined);
    if (missing !== undefined) throw new ImportedRowError(`${missing} is missing or has an unknown value`);
    return { type, source, fields };
  }

  #valueOf(name: FieldName, value: unknown): FieldValue | undefined {
    const found = checks.get(name)?.(value);
    const isCommand = fieldTable[name].type.type === "command_path";
    if (found === undefined) return isCommand && typeof value === "string" ? "other" : undefined;
    const isScanned = isCommand || fieldTable[name].type.type === "identifier";
    return isScanned && typeof found === "string" && !this.#isClean(found) ? undefined : found;
  }

  #isClean(text: string): boolean {
    let isClean = this.#clean.get(text);
    if (isClean === undefined) {
      isClean = scan(text).rules.size === 0;
      this.#clean.set(text, isClean);
    }
    return isClean;
  }
}
