/** Prints rows as CSV (RFC 4180); nested values become columns such as `runs_count`. */
import type { Ended, Measures } from "../../shared/protocol/query.ts";
import { terminalText } from "../../shared/text/terminal-text.ts";

export interface CsvOption {
  readonly csv?: boolean;
}

/** Measures with the same columns whether there is a rate or not. */
export function csvMeasures(measures: Measures): object {
  const noRate = { rate: null, low: null, high: null, sample: 0 };
  const ended = (of: Ended) => ({ ...of, failure: of.failure ?? noRate });
  return { ...measures, runs: ended(measures.runs), calls: ended(measures.calls) };
}

type Cell = string | number | boolean | null;

/** Returns the values of an object by the path to them. */
function flat(value: object, path = ""): Readonly<Record<string, Cell>> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, Cell][] => {
      const at = path === "" ? columnName(name) : `${path}_${columnName(name)}`;
      if (Array.isArray(inner)) return [[at, inner.join(" ")]];
      if (typeof inner === "object" && inner !== null) return Object.entries(flat(inner, at));
      return [[at, inner as Cell]];
    }),
  );
}

/** medianMs → median_ms */
const columnName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The columns are those of all rows, in the order in which they first appear; without rows those of `template`. */
export async function printCsv(rows: readonly object[], template?: object): Promise<void> {
  const cells = rows.map((row) => flat(row));
  const named = cells.length === 0 && template !== undefined ? [flat(template)] : cells;
  const columns = [...new Set(named.flatMap((row) => Object.keys(row)))];
  await printCsvRows(
    columns,
    cells.map((row) => columns.map((name) => row[name] ?? null)),
  );
}

/** Prints a heading and rows with as many cells. On a terminal without control characters. */
export async function printCsvRows(columns: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
  const { stringify } = await import("csv-stringify/sync");
  const text = stringify([[...columns], ...rows.map((row) => [...row])]);
  process.stdout.write(process.stdout.isTTY ? terminalText(text) : text);
}
