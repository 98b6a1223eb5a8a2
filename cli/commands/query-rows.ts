/** `nexus query-rows`, the child process of `nexus query`: reads a statement, prints its columns and rows as lines of JSON. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { UnavailableError } from "../exit.ts";
import { withReader } from "../runtime.ts";

/** Rows, and characters of all rows together, that are printed at most. */
export const maxRows = 10_000;
const maxChars = 64 * 1024 * 1024;

/** A line: the columns; then one for each row; at the end whether there are more. */
export type RowsLine =
  | { readonly columns: readonly string[] }
  | { readonly row: readonly unknown[] }
  | { readonly cut: boolean };

export async function run({ limit = maxRows }: { readonly limit?: number }): Promise<void> {
  const statement = await text(process.stdin);
  const lines: string[] = [];
  const add = (line: RowsLine) => lines.push(JSON.stringify(line));
  const found = await withReader((reader) =>
    reader.sql(statement, ({ columns, rows }) => {
      add({ columns });
      let chars = 0;
      for (const row of rows) {
        if (lines.length > limit || chars > maxChars) {
          add({ cut: true });
          return true;
        }
        add({ row: row.map(printable) });
        chars += lines.at(-1)?.length ?? 0;
      }
      add({ cut: false });
      return true;
    }),
  );
  if (found === undefined) throw new UnavailableError("There is no database yet: nothing is recorded.");
  if (!process.stdout.write(`${lines.join("\n")}\n`)) await once(process.stdout, "drain");
}

/** Bytes as hexadecimal digits; numbers that JSON cannot hold as text. */
function printable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
