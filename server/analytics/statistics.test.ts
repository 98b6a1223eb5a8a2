import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sketch } from "../store/rollups/sketch.ts";
import { rankSum, threshold, wilson } from "./statistics.ts";

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

describe("Wilson's interval", () => {
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("%i of %i", (hits, all, low, high) => {
    const [from, to] = wilson(hits, all);
    expect(from).toBeCloseTo(low, 4);
    expect(to).toBeCloseTo(high, 4);
  });

  it("contains the share, stays within 0 and 1, and narrows with the sample", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(), (all, given) => {
        const hits = given % (all + 1);
        const [low, high] = wilson(hits, all);
        const [lower, higher] = wilson(hits * 4, all * 4);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(hits / all + 1e-12);
        expect(high).toBeGreaterThanOrEqual(hits / all - 1e-12);
        expect(higher - lower).toBeLessThan(high - low);
      }),
    );
  });
});

describe("rank-sum test", () => {
  const around = (middle: number, count: number) =>
    Array.from({ length: count }, (_, n) => middle * (0.5 + ((n * 7919) % count) / count));

  it("finds a doubled duration and no difference between equal samples", () => {
    expect(rankSum(sketchOf(around(1_000, 60)), sketchOf(around(2_000, 60)))).toBeLessThan(0.001);
    expect(rankSum(sketchOf(around(1_000, 60)), sketchOf(around(1_000, 60)))).toBeGreaterThan(0.9);
    expect(rankSum(sketchOf([5, 5, 5]), sketchOf([5, 5]))).toBe(1);
  });

  // Values of bins 100 to 119, and the same shifted by five: U = 112.5, z = 2.354 with the correction, by hand.
  it("returns the p-value of the normal approximation", () => {
    const bins = (from: number) => {
      const sketch = new Sketch();
      sketch.addText(Array.from({ length: 20 }, (_, n) => String(from + n)).join(","));
      return sketch;
    };
    expect(rankSum(bins(100), bins(105))).toBeCloseTo(0.0186, 3);
    expect(rankSum(bins(105), bins(100))).toBeCloseTo(rankSum(bins(100), bins(105)), 10);
  });

  it("rejects equal distributions at the nominal rate", () => {
    // A seeded generator, so that every run is the same.
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const sample = () => sketchOf(Array.from({ length: 40 }, () => 100 + 900 * random()));
    const below = Array.from({ length: 400 }, () => rankSum(sample(), sample())).filter((p) => p <= 0.05).length;
    expect(below / 400).toBeGreaterThan(0.02);
    expect(below / 400).toBeLessThan(0.085);
  });
});

describe("false discovery rate", () => {
  it("matches the example of Benjamini and Hochberg 1995", () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(threshold(p, 0.05)).toBe(0.0095);
    expect(threshold([0.5, 0.9], 0.05)).toBe(0);
    expect(threshold([], 0.05)).toBe(0);
  });
});
