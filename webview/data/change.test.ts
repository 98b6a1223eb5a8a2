import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wilson } from "../../server/analytics/statistics.ts";
import type { Ended } from "../../shared/protocol/query.ts";
import { changeOf, isUnusual, pointsOf } from "./change.ts";

const of = (value: number | null, sample = 100) => ({ value, sample });

function ended(failed: number, sample: number): Ended {
  const [low = 0, high = 0] = sample === 0 ? [] : wilson(failed, sample);
  return {
    count: sample,
    ok: sample - failed,
    failed,
    cancelled: 0,
    failure: sample === 0 ? null : { rate: failed / sample, low, high, sample },
    timed: sample,
    totalMs: 0,
    medianMs: null,
    p95Ms: null,
    p99Ms: null,
    elapsedMs: null,
  };
}

describe("a change", () => {
  it("has a direction, and a meaning only where more is bad", () => {
    expect(changeOf(of(112), of(100), "more-is-bad")).toEqual({ text: "▲ 12%", spoken: "up 12%", meaning: "bad" });
    expect(changeOf(of(88), of(100), "more-is-bad")).toEqual({ text: "▼ 12%", spoken: "down 12%", meaning: "good" });
    expect(changeOf(of(112), of(100), "neutral").meaning).toBe("neutral");
    expect(changeOf(of(100.2), of(100), "more-is-bad").text).toBe("±0%");
    expect(changeOf(of(10 ** 12), of(1), "neutral").text).toBe("▲ 1,000,000,000,000 ×");
  });

  it("is not shown for fewer than ten, or without a value before", () => {
    for (const [now, before] of [
      [of(5, 9), of(3, 100)],
      [of(5, 100), of(3, 9)],
      [of(null), of(3)],
      [of(5), of(null)],
      [of(5), of(0)],
      [of(5), undefined],
    ] as const)
      expect(changeOf(now, before, "more-is-bad").text).toBe("");
    expect(pointsOf(ended(1, 9), ended(30, 100)).text).toBe("");
    expect(pointsOf(ended(0, 0), ended(30, 100)).text).toBe("");
  });

  it("of a rate is shown in points, without a meaning", () => {
    expect(pointsOf(ended(60, 100), ended(20, 100))).toMatchObject({ text: "▲ 40 points", meaning: "neutral" });
    expect(pointsOf(ended(20, 100), ended(60, 100))).toMatchObject({ text: "▼ 40 points" });
    expect(pointsOf(ended(21, 100), ended(20, 100))).toMatchObject({ text: "▲ 1 point" });
    expect(pointsOf(ended(20, 100), ended(20, 100))).toMatchObject({ text: "±0 points" });
  });

  it("of a rate is unusual only if even its lower end is above what was usual", () => {
    const sample = fc
      .integer({ min: 0, max: 300 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(sample, sample, ([failed, n], [failedBefore, before]) => {
        const [now, usual] = [ended(failed, n), ended(failedBefore, before)];
        const isAbove = now.failure !== null && usual.failure !== null && now.failure.low > usual.failure.rate;
        expect(isUnusual(now, usual)).toBe(isAbove && n >= 10 && before >= 10);
        expect(isUnusual(now, undefined)).toBe(false);
      }),
    );
  });
});
