/**
 * How payload fields are kept in SQLite, made from the one table of fields.
 *
 * What an event says in words (lists, flags, hashes, command paths) is the same for many events, so each combination is a
 * row of `words`, and an event refers to it. Its numbers stand with the event: the duration in a column, the rarer ones
 * together as JSON.
 */

import type { FieldType, FieldValue } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import type { SqlValue as Cell, Row } from "./driver/driver.ts";

type ColumnClass = "word" | "number";

const columnClasses: Readonly<Record<FieldType["type"], ColumnClass>> = {
  enum: "word",
  enum_list: "word",
  command_path: "word",
  identifier: "word",
  hash: "word",
  boolean: "word",
  integer: "number",
  decimal: "number",
};

/** The columns of `words`, in the order of the fields. */
export const dimensionFields: readonly FieldName[] = fieldNames.filter(
  (name) => columnClasses[fieldTable[name].type.type] === "word",
);

/** The number that has a column of its own. */
export const durationField = "duration_ms" satisfies FieldName;

/** Field name → type of its column in `words`. */
export const dimensionColumns: ReadonlyMap<FieldName, "TEXT" | "INTEGER"> = new Map(
  dimensionFields.map((name) => [name, fieldTable[name].type.type === "boolean" ? "INTEGER" : "TEXT"]),
);

/** Words of a list are kept in one cell; no word has a comma. */
const separator = ",";

export function toCell(value: FieldValue | undefined): Cell {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" ? value.join(separator) : value;
}

function fromCell(field: FieldName, cell: unknown): FieldValue | undefined {
  if (cell === null || cell === undefined) return undefined;
  const { type } = fieldTable[field].type;
  if (type === "boolean") return cell === 1;
  return type === "enum_list" ? String(cell).split(separator) : String(cell);
}

/** The numbers of a payload beside the duration; `undefined` where there are none. Only fields of numbers have numbers. */
export function measuresOf(
  payload: Readonly<Record<string, FieldValue>>,
): Readonly<Record<string, number>> | undefined {
  let numbers: Record<string, number> | undefined;
  for (const name in payload) {
    const value = payload[name];
    if (typeof value !== "number" || name === durationField) continue;
    numbers ??= {};
    numbers[name] = value;
  }
  return numbers;
}

export function parseMeasures(cell: unknown): Readonly<Record<string, number>> | undefined {
  return typeof cell === "string" ? JSON.parse(cell) : undefined;
}

/** A row of `words` as the part of a payload that it was. */
export function dimensionsOf(row: Row): Readonly<Record<string, FieldValue>> {
  const payload: Record<string, FieldValue> = {};
  for (const name of dimensionFields) {
    const value = fromCell(name, row[name]);
    if (value !== undefined) payload[name] = value;
  }
  return payload;
}
