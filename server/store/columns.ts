/**
 * Maps payload fields to SQLite columns, generated from the field table. Dimensions (enums,
 * booleans, hashes, command paths) repeat, so each combination is a row of `dimensions` that events
 * refer to. Measures are stored with the event: the duration in a column, rarer ones as JSON.
 */

import type { FieldType, FieldValue } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import type { SqlValue as Cell, Row } from "./driver/driver.ts";

type ColumnClass = "dimension" | "measure";

const columnClasses: Readonly<Record<FieldType["type"], ColumnClass>> = {
  enum: "dimension",
  enum_list: "dimension",
  command_path: "dimension",
  model: "dimension",
  identifier: "dimension",
  hash: "dimension",
  boolean: "dimension",
  integer: "measure",
  decimal: "measure",
};

/** The columns of `dimensions`, in the order of the fields. */
export const dimensionFields: readonly FieldName[] = fieldNames.filter(
  (name) => columnClasses[fieldTable[name].type.type] === "dimension",
);

/** The measure with a separate column. */
export const durationField = "duration_ms" satisfies FieldName;

/** Field name → type of its column in `dimensions`. */
export const dimensionColumns: ReadonlyMap<FieldName, "TEXT" | "INTEGER"> = new Map(
  dimensionFields.map((name) => [name, fieldTable[name].type.type === "boolean" ? "INTEGER" : "TEXT"]),
);

/** Joins list values in one cell; no vocabulary value contains a comma. */
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

/** Returns the measures of a payload except the duration; `undefined` if there are none. */
export function measuresOf(
  payload: Readonly<Record<string, FieldValue>>,
): Readonly<Record<string, number>> | undefined {
  let measures: Record<string, number> | undefined;
  for (const name in payload) {
    const value = payload[name];
    if (typeof value !== "number" || name === durationField) continue;
    measures ??= {};
    measures[name] = value;
  }
  return measures;
}

export function parseMeasures(cell: unknown): Readonly<Record<string, number>> | undefined {
  return typeof cell === "string" ? JSON.parse(cell) : undefined;
}

/** Returns the payload fields of a row of `dimensions`. */
export function dimensionsOf(row: Row): Readonly<Record<string, FieldValue>> {
  const payload: Record<string, FieldValue> = {};
  for (const name of dimensionFields) {
    const value = fromCell(name, row[name]);
    if (value !== undefined) payload[name] = value;
  }
  return payload;
}
