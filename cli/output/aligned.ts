/** Rows of text in aligned columns: the first ones to the left, numbers to the right. */
import { isPlain, styled } from "./terminal.ts";

const bold = (text: string) => (isPlain() ? text : styled("bold", text));

/** `left`: how many columns are aligned to the left. `hasTotal`: whether the last row is a sum. */
export function aligned(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { left = 1, hasTotal = false }: { readonly left?: number; readonly hasTotal?: boolean } = {},
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
