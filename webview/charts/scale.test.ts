import fc from "fast-check";
import { expect, it } from "vitest";
import { topOf } from "./scale.ts";

it("the highest tick is above every value, but not far", () => {
  const kinds = fc.constantFrom("count", "duration", "money");
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), kinds, (max, kind) => {
      const top = topOf(max, kind);
      expect(top).toBeGreaterThanOrEqual(max * (1 - 1e-9));
      expect(top).toBeLessThanOrEqual(Math.max(kind === "count" ? 2 : 0, kind === "duration" ? 2 : 0, 3 * max));
      if (kind === "count") expect(Number.isInteger(top / 2)).toBe(true);
    }),
  );
});

it("ticks of counts, times and money are round", () => {
  expect([0, 1, 3, 7, 45, 301].map((max) => topOf(max, "count"))).toEqual([2, 2, 4, 10, 50, 400]);
  expect(topOf(100 * 60_000, "duration")).toBe(120 * 60_000);
  expect(topOf(7_000, "duration")).toBe(10_000);
  expect(topOf(3.2, "money")).toBe(4);
  expect(topOf(0, "money")).toBe(1);
});
