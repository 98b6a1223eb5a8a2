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
  it("tells every quantile to 2 %", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, p) => {
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN;
        const estimate = sketchOf(list).quantile(p, sorted[0] ?? 0, sorted.at(-1) ?? 0) ?? Number.NaN;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(0.02 * exact + 0.5);
      }),
    );
  });

  it("is the same whole, joined as text, and written value by value", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = String(sketchOf([...a, ...b]));
        const joined = new Sketch();
        joined.addText(`${sketchOf(a)},${sketchOf(b)}`);
        expect(String(joined)).toBe(whole);
        const written = new Sketch();
        written.addText([...a, ...b].map(binOf).join(","));
        expect(String(written)).toBe(whole);
      }),
    );
  });

  it("has a bin for the longest duration, and is nothing of nothing", () => {
    expect(binOf(maxMs)).toBeLessThan(599);
    expect(new Sketch().quantile(0.5, 0, 0)).toBeNull();
  });
});
