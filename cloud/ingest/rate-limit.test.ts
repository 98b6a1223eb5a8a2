import { expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

it("limits requests per minute, returns the seconds to wait, and tolerates a clock set back", () => {
  const rates = new RateLimit(60);
  const take = (ms: number) => rates.take("one", ms);
  expect(Array.from({ length: 60 }, () => take(0))).toEqual(Array.from({ length: 60 }, () => 0));
  expect(take(0)).toBe(1);
  expect(rates.take("another", 0)).toBe(0);
  expect(take(1_000)).toBe(0);
  expect(take(-3_600_000)).toBe(1);
  expect(take(-3_600_000 + 1_000)).toBe(0);
});
