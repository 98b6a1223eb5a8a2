/** A table of text cells in aligned columns, with a heading row. */
import { isPlain, styled } from "./terminal.ts";

/** Rows have as many cells as there are headings. Nothing is cut. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, n) => Math.max(heading.length, ...rows.map((row) => row[n]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join("  ")
      .trimEnd();
  const title = line(headings);
  return [isPlain() ? title : styled("bold", title), ...rows.map(line)].join("\n");
}
