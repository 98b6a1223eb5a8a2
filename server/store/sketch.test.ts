import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addValue, type Bins, binsText, mergeBins, parseBins, quantile } from "./sketch.ts";

const values = fc.array(fc.integer({ min: 0, max: 30 * 24 * 60 * 60 * 1000 }), { minLength: 1, maxLength: 200 });

function binsOf(list: readonly number[]): Bins {
  const bins: Bins = new Map();
  for (const value of list) addValue(bins, value);
  return bins;
}

describe("sketch", () => {
  it("tells every quantile to 1 %", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, p) => {
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN;
        const told = quantile(binsOf(list), p, sorted[0] ?? 0, sorted.at(-1) ?? 0) ?? Number.NaN;
        expect(Math.abs(told - exact)).toBeLessThanOrEqual(0.01 * exact + 0.5);
      }),
    );
  });

  it("is the same merged, as text, and joined as text", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = binsText(binsOf([...a, ...b]));
        const merged = binsOf(a);
        mergeBins(merged, binsOf(b));
        expect(binsText(merged)).toBe(whole);
        expect(binsText(parseBins(`${binsText(binsOf(a))},${binsText(binsOf(b))}`))).toBe(whole);
      }),
    );
  });

  it("is nothing of nothing", () => {
    expect(quantile(new Map(), 0.5, 0, 0)).toBeNull();
    expect(parseBins(null).size).toBe(0);
  });
});
