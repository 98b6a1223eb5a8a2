import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binOf, Sketch } from "./sketch.ts";

const maxMs = 30 * 24 * 60 * 60 * 1000;
const values = fc.array(fc.integer({ min: 0, max: maxMs }), { minLength: 1, maxLength: 200 });

function sketchOf(list: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of list) sketch.add(value);
  return sketch;
}

describe("sketch", () => {
  it("estimates every quantile within 2%", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, p) => {
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN;
        const estimate = sketchOf(list).quantile(p, sorted[0] ?? 0, sorted.at(-1) ?? 0) ?? Number.NaN;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(0.02 * exact + 0.5);
      }),
    );
  });

  it("is equal when built at once, merged as text, and appended value by value", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const expected = String(sketchOf([...a, ...b]));
        const merged = new Sketch();
        merged.addText(`${sketchOf(a)},${sketchOf(b)}`);
        expect(String(merged)).toBe(expected);
        const appended = new Sketch();
        appended.addText([...a, ...b].map(binOf).join(","));
        expect(String(appended)).toBe(expected);
      }),
    );
  });

  it("has a bin for the longest duration, and no quantile when empty", () => {
    expect(binOf(maxMs)).toBeLessThan(599);
    expect(new Sketch().quantile(0.5, 0, 0)).toBeNull();
  });
});
