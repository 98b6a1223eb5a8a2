import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sketch } from "../store/rollups/sketch.ts";
import { changePoint } from "./change-point.ts";
import { rankSum } from "./statistics.ts";

/** One day per list of durations in milliseconds. */
const days = (lists: readonly (readonly number[])[]) =>
  lists.map((durations, day) => {
    const sketch = new Sketch();
    for (const duration of durations) sketch.add(duration);
    return { day, count: durations.length, sketches: [String(sketch)] };
  });
const around = (ms: number) => [0.9, 0.95, 1, 1.05, 1.1].map((factor) => ms * factor);

describe("change point", () => {
  it("is the day of the change, with both medians", () => {
    const found = changePoint(days([...Array(6).fill(around(15_000)), ...Array(4).fill(around(38_000))]), 0, 10);
    expect(found).toMatchObject({ day: 6, before: { count: 30 }, after: { count: 20 } });
    expect(found?.p).toBeLessThan(0.001);
  });

  it("needs enough runs on both sides, on a day of the period", () => {
    const changed = days([...Array(6).fill(around(15_000)), ...Array(4).fill(around(38_000))]);
    expect(changePoint(changed, 0, 31)).toBeUndefined();
    expect(changePoint(changed, 7, 10)?.day).not.toBe(6);
    expect(changePoint(days(Array(10).fill(around(15_000))), 0, 10)).toBeUndefined();
  });

  it("is not a later day because of a change before the period", () => {
    const changed = days([...Array(6).fill(around(15_000)), ...Array(9).fill(around(38_000))]);
    const found = changePoint(changed, 8, 10);
    expect(found === undefined || found.p > 0.05, JSON.stringify(found)).toBe(true);
    const again = days([
      ...Array(6).fill(around(15_000)),
      ...Array(6).fill(around(38_000)),
      ...Array(4).fill(around(90_000)),
    ]);
    expect(changePoint(again, 8, 10)).toMatchObject({ day: 12, before: { count: 30 } });
  });

  it("corrects the probability for the number of days that were tried", () => {
    const lists = fc.array(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 5, maxLength: 9 }), {
      minLength: 6,
      maxLength: 12,
    });
    fc.assert(
      fc.property(lists, (durations) => {
        const found = changePoint(days(durations), 0, 5);
        if (found === undefined) return;
        const side = (some: readonly (readonly number[])[]) => {
          const sketch = new Sketch();
          for (const value of some.flat()) sketch.add(value);
          return sketch;
        };
        const p = rankSum(side(durations.slice(0, found.day)), side(durations.slice(found.day)));
        // Each list has five runs, so every day but the first can be one of a change.
        expect(found.p).toBeCloseTo(Math.min(1, p * (durations.length - 1)), 9);
      }),
    );
  });
});
