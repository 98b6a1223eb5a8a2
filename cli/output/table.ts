/** A table of text cells in aligned columns, with a heading row. */
import { isPlain, styled } from "./terminal.ts";

const bold = (text: string) => (isPlain() ? text : styled("bold", text));

export interface TableOptions {
  /** The first columns are aligned to the left, the rest, numbers, to the right. Default: all to the left. */
  readonly left?: number;
  /** Whether the last row is a sum. */
  readonly hasTotal?: boolean;
}

/** Rows have as many cells as there are headings. Nothing is cut. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { left = headings.length, hasTotal = false }: TableOptions = {},
): string {
  const widths = headings.map((heading, n) => Math.max(heading.length, ...rows.map((row) => row[n]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, n) => (n < left ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join("  ")
      .trimEnd();
  const lines = rows.map(line);
  if (hasTotal) lines.push(bold(lines.pop() ?? ""));
  return [bold(line(headings)), ...lines].join("\n");
}
