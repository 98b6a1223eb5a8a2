import { describe, expect, it } from "vitest";
import { UsageError } from "./exit.ts";
import { selectionOf } from "./period.ts";

const now = new Date(2026, 2, 30, 0, 30).getTime();
const range = (from: string, to: string) => ({ period: "custom", from, to });

describe("a period", () => {
  it.each([
    [{}, { period: "month" }],
    [{ today: true }, { period: "today" }],
    [{ yesterday: true }, range("2026-03-29", "2026-03-29")],
    [{ last: "14d" }, range("2026-03-17", "2026-03-30")],
    [{ last: "2w" }, range("2026-03-17", "2026-03-30")],
    [{ since: "2026-01-01" }, range("2026-01-01", "2026-03-30")],
    [{ since: "yesterday", until: "today" }, range("2026-03-29", "2026-03-30")],
    [{ since: "3w", until: "1w" }, range("2026-03-09", "2026-03-23")],
    [{ from: "2026-01-01", to: "2026-01-31" }, range("2026-01-01", "2026-01-31")],
  ])("of %j is %j", (options, selection) => {
    expect(selectionOf(options, now)).toEqual(selection);
  });

  it.each([
    [{ today: true, week: true }],
    [{ last: "14d", since: "2026-01-01" }],
    [{ until: "2026-01-01" }],
    [{ since: "2026-01-01", from: "2026-01-01" }],
    [{ last: "0d" }],
    [{ last: "14" }],
    [{ last: "two weeks" }],
  ])("is not %j", (options) => {
    expect(() => selectionOf(options, now)).toThrow(UsageError);
  });
});
