/** A row of bars over time, with its scale. */
import { numberText } from "../../shared/text/format.ts";
import { columns, isPlain, sparkline, styled } from "./terminal.ts";

export interface Point {
  readonly key: string;
  readonly value: number;
}

/** Returns bars with the largest value and the first and last time; with `--plain` only the words. "" without values. */
export function chart(
  title: string,
  points: readonly Point[],
  valueText: (value: number) => string = numberText,
): string {
  const most = points.reduce<Point | undefined>(
    (best, point) => (best === undefined || point.value > best.value ? point : best),
    undefined,
  );
  const [first, last] = [points[0], points.at(-1)];
  if (most === undefined || first === undefined || last === undefined || most.value === 0) return "";
  const scale = `most: ${valueText(most.value)} (${most.key})`;
  const range = first === last ? first.key : `${first.key} to ${last.key}`;
  if (isPlain()) return `${title}, ${range}; ${scale}.`;
  const bars = sparkline(narrowed(points, columns() - 2));
  return `${styled("bold", title)}\n${bars}\n${styled("dim", `${range} · ${scale}`)}`;
}

/** Adds neighbours up until the values fit into a width. */
function narrowed(points: readonly Point[], width: number): readonly number[] {
  const size = Math.ceil(points.length / width);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, n) =>
    points.slice(n * size, (n + 1) * size).reduce((sum, { value }) => sum + value, 0),
  );
}
