/** How payload fields are kept in SQLite: one column per field, made from the one table of fields. */
import { type FieldName, fieldNames, fieldTable } from "../../shared/fields.ts";
import type { Kind, Value } from "../../shared/kinds.ts";
import type { Value as Cell } from "./driver.ts";

type Column = "TEXT" | "INTEGER" | "REAL";

const columnTypes: Readonly<Record<Kind["is"], Column>> = {
  word: "TEXT",
  words: "TEXT",
  command_path: "TEXT",
  identifier: "TEXT",
  hash: "TEXT",
  whole: "INTEGER",
  decimal: "REAL",
  flag: "INTEGER",
};

/** Field name → column type, in the order of the fields. */
export const columnMap: ReadonlyMap<FieldName, Column> = new Map(
  fieldNames.map((name) => [name, columnTypes[fieldTable[name].kind.is]]),
);

/** Words of a list are kept in one cell; no word has a comma. */
const separator = ",";

export function toCell(value: Value | undefined): Cell {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" ? value.join(separator) : value;
}

/** The value of a field as it was stored; `undefined` where the event has none. */
export function fromCell(field: FieldName, cell: unknown): unknown {
  if (cell === null || cell === undefined) return undefined;
  const { is } = fieldTable[field].kind;
  if (is === "flag") return cell === 1;
  return is === "words" ? String(cell).split(separator) : cell;
}
