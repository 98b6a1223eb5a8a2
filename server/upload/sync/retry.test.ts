import { describe, expect, it } from "vitest";
import { backoffMs, maxWaitMs, pauseMs, retryAfterMs } from "./retry.ts";

/** Returns the smallest and the largest of many draws. */
function range(draw: () => number): readonly [number, number] {
  const drawn = Array.from({ length: 2_000 }, draw);
  return [Math.min(...drawn), Math.max(...drawn)];
}

describe("wait", () => {
  it.each([
    [0, 100],
    [1, 200],
    [2, 400],
    [6, 6_400],
    [7, 10_000],
    [20, 10_000],
  ])("waits after attempt %i for up to %i ms", (attempt, bound) => {
    const [min, max] = range(() => backoffMs(attempt));
    expect(min).toBeGreaterThanOrEqual(0);
    expect(min).toBeLessThan(bound / 10);
    expect(max).toBeLessThanOrEqual(bound);
    expect(max).toBeGreaterThan(bound * 0.9);
  });

  it.each([
    [1, 60_000],
    [2, 120_000],
    [6, 1_920_000],
    [7, 3_600_000],
    [1_000, 3_600_000],
  ])("waits after %i failed runs for between half of %i ms and all of it", (failures, bound) => {
    const [min, max] = range(() => pauseMs(failures));
    expect(min).toBeGreaterThanOrEqual(bound / 2);
    expect(min).toBeLessThan(bound * 0.55);
    expect(max).toBeLessThanOrEqual(bound);
    expect(max).toBeGreaterThan(bound * 0.95);
  });

  it("limits Retry-After to one day", () => {
    const nowMs = Date.UTC(2026, 10, 25, 12);
    expect(retryAfterMs("120", nowMs)).toBe(120_000);
    expect(retryAfterMs(" 0 ", nowMs)).toBe(0);
    expect(retryAfterMs("999999999", nowMs)).toBe(maxWaitMs);
    expect(retryAfterMs(new Date(nowMs + 5_000).toUTCString(), nowMs)).toBe(5_000);
    expect(retryAfterMs(new Date(nowMs - 5_000).toUTCString(), nowMs)).toBe(0);
    for (const invalid of [undefined, "", "soon", "-5x"]) expect(retryAfterMs(invalid, nowMs)).toBeUndefined();
  });
});
