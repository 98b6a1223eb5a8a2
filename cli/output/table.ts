/** A table of text cells in aligned columns, with a heading row. */
import { columns, isPlain, styled } from "./terminal.ts";

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
  const widths = widthsOf(headings, rows);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, n) => (n < left ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join("  ")
      .trimEnd();
  const lines = rows.map(line);
  if (hasTotal) lines.push(bold(lines.pop() ?? ""));
  return [bold(line(headings)), ...lines].join("\n");
}

const widthsOf = (headings: readonly string[], rows: readonly (readonly string[])[]): number[] =>
  headings.map((heading, n) => rows.reduce((width, row) => Math.max(width, row[n]?.length ?? 0), heading.length));

interface Fitted {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Headings of the columns that do not fit. */
  readonly leftOut: readonly string[];
}

/**
 * Leaves out columns that do not fit into the terminal: those of the highest rank first, never those of rank 0. `room`: in columns;
 * in a pipe nothing is left out.
 */
export function fitting(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  ranks: readonly number[],
  room: number = process.stdout.isTTY ? columns() : Number.POSITIVE_INFINITY,
): Fitted {
  const widths = widthsOf(headings, rows);
  const kept = new Set(headings.keys());
  const leftOut = new Set<number>();
  const width = () => [...kept].reduce((sum, n) => sum + (widths[n] ?? 0) + 2, -2);
  while (width() > room) {
    const last = [...kept].reduce((a, b) => ((ranks[b] ?? 0) >= (ranks[a] ?? 0) ? b : a));
    if ((ranks[last] ?? 0) === 0) break;
    kept.delete(last);
    leftOut.add(last);
  }
  const isKept = (_: string, n: number) => kept.has(n);
  return {
    headings: headings.filter(isKept),
    rows: rows.map((row) => row.filter(isKept)),
    leftOut: headings.filter((_, n) => leftOut.has(n)),
  };
}
