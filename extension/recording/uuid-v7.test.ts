import fc from "fast-check";
import { validate, version } from "uuid";
import { expect, it } from "vitest";
import { uuidV7 } from "./uuid-v7.ts";

it("returns a UUIDv7 that contains its time and sorts by it", () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [first, second] = [uuidV7(a), uuidV7(b)];
      expect(validate(first) && version(first) === 7).toBe(true);
      expect(Number.parseInt(first.replaceAll("-", "").slice(0, 12), 16)).toBe(a);
      if (a !== b) expect(first < second).toBe(a < b);
    }),
  );
});

it("returns a different ID for each call", () => {
  const ids = Array.from({ length: 10_000 }, () => uuidV7(1_000));
  expect(new Set(ids).size).toBe(ids.length);
});
