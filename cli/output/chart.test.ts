import { expect, it } from "vitest";
import { chart } from "./chart.ts";

const points = (values: readonly number[]) => values.map((value, n) => ({ key: `day ${n}`, value }));

it("draws one bar for each value while they fit, with the scale", () => {
  const lines = chart("Runs per day", points([1, 2, 8])).split("\n");
  expect(lines[1]).toBe("▁▂█");
  expect(lines[2]).toContain("day 0 to day 2 · most: 8 (day 2)");
  expect(chart("Runs per day", points([0, 0]))).toBe("");
  expect(chart("Runs per day", [])).toBe("");
});

it("draws equal values as equal bars when several share one", () => {
  // 79 values in 78 columns: the last bar has only one of them.
  const [, bars = "", scale] = chart("Runs per day", points(Array(79).fill(5))).split("\n");
  expect(new Set(bars)).toEqual(new Set("█"));
  expect(bars).toHaveLength(40);
  expect(scale).toContain("each bar: mean of 2");
  const [, most = ""] = chart("Median per day", points([...Array(78).fill(10), 40]), { isSum: false }).split("\n");
  expect(most.at(-1)).toBe("█");
});
