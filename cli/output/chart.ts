/** A row of bars over time, with its scale. */
import { numberText } from "../../shared/text/format.ts";
import { columns, isPlain, sparkline, styled } from "./terminal.ts";

export interface Point {
  readonly key: string;
  readonly value: number;
}

export interface ChartOptions {
  readonly text?: (value: number) => string;
  /** Whether values of neighbours can be added up, as counts can. Default: yes. */
  readonly isSum?: boolean;
}

/** Returns bars with the largest value and the first and last time; with `--plain` only the words. "" without values. */
export function chart(
  title: string,
  points: readonly Point[],
  { text = numberText, isSum = true }: ChartOptions = {},
): string {
  const [first, last] = [points[0], points.at(-1)];
  const most = points.reduce(
    (best, point) => (point.value > best.value ? point : best),
    first ?? { key: "", value: 0 },
  );
  if (first === undefined || last === undefined || most.value === 0) return "";
  const scale = `most: ${text(most.value)} (${most.key})`;
  const range = first === last ? first.key : `${first.key} to ${last.key}`;
  if (isPlain()) return `${title}, ${range}; ${scale}.`;
  const size = Math.ceil(points.length / (columns() - 2));
  const each = size === 1 ? "" : ` · each bar: ${isSum ? "mean" : "most"} of ${size}`;
  return `${styled("bold", title)}\n${sparkline(narrowed(points, size, isSum))}\n${styled("dim", `${range} · ${scale}${each}`)}`;
}

/** One value for so many neighbours: their mean, because the last may be fewer, or the largest. */
function narrowed(points: readonly Point[], size: number, isSum: boolean): readonly number[] {
  return Array.from({ length: Math.ceil(points.length / size) }, (_, n) => {
    const values = points.slice(n * size, (n + 1) * size).map(({ value }) => value);
    return isSum ? values.reduce((sum, value) => sum + value, 0) / values.length : Math.max(...values);
  });
}
