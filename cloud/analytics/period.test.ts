import { describe, expect, it } from "vitest";
import {
  addMonths,
  bucketsOf,
  comparedPeriod,
  daysBetween,
  grains,
  isComplete,
  nextOf,
  startOf,
  wholePeriod,
} from "./period.ts";

const last = ({ from, end }: { readonly from: string; readonly end: string }) => [from, addDaysText(end, -1)];
const addDaysText = (day: string, days: number) =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

describe("buckets", () => {
  it("begin weeks on Monday and months on the first, across years", () => {
    expect(startOf("week", "2027-01-03")).toBe("2026-12-28");
    expect(startOf("week", "2026-12-28")).toBe("2026-12-28");
    expect(startOf("month", "2028-02-29")).toBe("2028-02-01");
    expect(nextOf("month", "2026-12-01")).toBe("2027-01-01");
    expect(bucketsOf("week", wholePeriod("week", "2026-11-04", "2026-11-17"))).toEqual([
      "2026-11-02",
      "2026-11-09",
      "2026-11-16",
    ]);
  });

  it("join without gap or overlap, and contain every day of their period", () => {
    for (const grain of grains) {
      const period = wholePeriod(grain, "2027-12-20", "2028-03-02");
      const starts = bucketsOf(grain, period);
      expect(starts[0]).toBe(period.from);
      for (const [n, start] of starts.entries()) expect(nextOf(grain, start)).toBe(starts[n + 1] ?? period.end);
      for (let day = "2027-12-20"; day <= "2028-03-02"; day = addDaysText(day, 1))
        expect(starts).toContain(startOf(grain, day));
    }
  });

  it("are complete with their last instant", () => {
    expect(isComplete("day", "2026-11-03", Date.parse("2026-11-04T00:00:00Z"))).toBe(true);
    expect(isComplete("day", "2026-11-03", Date.parse("2026-11-03T23:59:59.999Z"))).toBe(false);
  });
});

describe("comparisons", () => {
  const week = wholePeriod("day", "2026-11-10", "2026-11-16");

  it("take the same length before, without a shared day", () => {
    expect(last(comparedPeriod("previous", "day", week))).toEqual(["2026-11-03", "2026-11-09"]);
    const months = wholePeriod("month", "2026-02-01", "2026-03-31");
    expect(last(comparedPeriod("previous", "month", months))).toEqual(["2025-12-01", "2026-01-31"]);
  });

  it("take the same dates a year earlier, over leap days, and Mondays for weeks", () => {
    const january = wholePeriod("day", "2029-01-08", "2029-01-14");
    expect(last(comparedPeriod("year", "day", january))).toEqual(["2028-01-08", "2028-01-14"]);
    expect(last(comparedPeriod("year", "day", wholePeriod("day", "2028-02-29", "2028-02-29")))).toEqual([
      "2027-02-28",
      "2027-02-28",
    ]);
    expect(last(comparedPeriod("year", "month", wholePeriod("month", "2028-02-01", "2028-02-29")))).toEqual([
      "2027-02-01",
      "2027-02-28",
    ]);
    const weeks = comparedPeriod("year", "week", wholePeriod("week", "2026-11-09", "2026-11-15"));
    expect(weeks.from).toBe("2025-11-10");
    expect(startOf("week", weeks.from)).toBe(weeks.from);
    expect(daysBetween(weeks.from, weeks.end)).toBe(7);
  });

  it("move a day that a month lacks to its last", () => {
    expect(addMonths("2026-03-31", -1)).toBe("2026-02-28");
    expect(addMonths("2026-10-31", 4)).toBe("2027-02-28");
  });
});
