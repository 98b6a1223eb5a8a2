import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicModel } from "../../shared/vocabulary/models.ts";
import { type Price, prices } from "../../shared/vocabulary/prices.ts";
import { PriceList, type Tokens } from "./price-list.ts";

const none: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 };
const million = 1_000_000;
const today = Math.floor(Date.UTC(2026, 10, 26) / 86_400_000);
const own = { other: { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 } };

describe("the price table", () => {
  it("has rows in the order of their dates, from the beginning, for public models and of plausible size", () => {
    expect(Object.keys(prices).length).toBeGreaterThan(100);
    for (const [model, rows] of Object.entries(prices)) {
      expect(isPublicModel(model), model).toBe(true);
      expect(rows[0]?.from, model).toBeUndefined();
      const dates = rows.slice(1).map(({ from }) => from ?? "");
      expect(dates, model).toEqual([...dates].filter((date) => /^\d{4}-\d\d-\d\d$/.test(date)).sort());
      for (const { input, output, cacheRead = 0, long } of rows) {
        expect(input > 0 && output > 0 && cacheRead <= input && output <= 1_000, model).toBe(true);
        expect(long === undefined || long.input > input, model).toBe(true);
      }
    }
  });
});

describe("the cost of a request", () => {
  it("counts each kind of token once, at its own rate", () => {
    const list = new PriceList(own);
    const of = (part: Partial<Tokens>) => list.costOf("other", today, { ...none, ...part });
    expect(of({ input: million })).toBeCloseTo(3);
    expect(of({ output: million, reasoning: million })).toBeCloseTo(15);
    expect(of({ input: million, cacheRead: million })).toBeCloseTo(0.3);
    expect(of({ input: million, cacheWrite5m: million })).toBeCloseTo(3.75);
    expect(of({ input: million, cacheWrite1h: million })).toBeCloseTo(6);
    expect(of({ input: 4 * million, cacheRead: million, cacheWrite5m: million, cacheWrite1h: million })).toBeCloseTo(
      3 + 0.3 + 3.75 + 6,
    );
  });

  it("is the sum of the costs of its parts, for any split", () => {
    const list = new PriceList(own);
    const count = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(count, count, count, count, count, (plain, output, cacheRead, cacheWrite5m, cacheWrite1h) => {
        const input = plain + cacheRead + cacheWrite5m + cacheWrite1h;
        const expected = plain * 3 + output * 15 + cacheRead * 0.3 + cacheWrite5m * 3.75 + cacheWrite1h * 6;
        const tokens = { ...none, input, output, cacheRead, cacheWrite5m, cacheWrite1h };
        expect(list.costOf("other", today, tokens)).toBeCloseTo(expected / million, 9);
      }),
    );
  });

  it("rises above the size from which the provider charges more", () => {
    const [model, row] = Object.entries(prices).find(([, [first]]) => first?.long?.size === "over_272k") ?? ["", []];
    const price = row[0] as Price;
    const list = new PriceList();
    const of = (size?: "over_200k" | "over_272k") => list.costOf(model, today, { ...none, input: million }, size);
    expect([of(), of("over_200k"), of("over_272k")]).toEqual([price.input, price.input, price.long?.input]);
    const [earlier] = Object.entries(prices).find(([, [first]]) => first?.long?.size === "over_200k") ?? [""];
    const long = (size: "over_200k" | "over_272k") => list.costOf(earlier, today, { ...none, input: million }, size);
    expect(long("over_272k")).toBe(long("over_200k"));
  });

  it("is multiplied for a fast request where the provider charges more", () => {
    const list = new PriceList();
    const of = (model: string, isFast: boolean) =>
      list.costOf(model, today, { ...none, input: million }, undefined, isFast);
    expect(of("claude-opus-5", true)).toBe(2 * (of("claude-opus-5", false) ?? 0));
    expect(of("claude-sonnet-4-5", true)).toBe(of("claude-sonnet-4-5", false));
  });

  it("is unknown for other models, and the user's price takes precedence", () => {
    const tokens = { ...none, input: million };
    expect(new PriceList().costOf("other", today, tokens)).toBeUndefined();
    expect(new PriceList().costOf("constructor", today, tokens)).toBeUndefined();
    const cheap = new PriceList({ "claude-opus-5": { input: 1, output: 2 } });
    expect(cheap.costOf("claude-opus-5", today, { ...tokens, cacheRead: million })).toBe(1);
    expect(cheap.costOf("claude-opus-5", today, tokens, "over_272k")).toBe(1);
  });

  it("changes on the day from which another price is valid, and not before", () => {
    const table = prices as Record<string, readonly Price[]>;
    const rows: readonly Price[] = [
      { input: 1, output: 1 },
      { from: "2026-11-26", input: 2, output: 2 },
    ];
    table["test-model"] = rows;
    try {
      const list = new PriceList();
      const of = (day: number) => list.costOf("test-model", day, { ...none, input: million });
      expect([of(0), of(today - 1), of(today), of(today + 400)]).toEqual([1, 1, 2, 2]);
      expect(list.changesWithin(today - 1, today + 1)).toBe(true);
      expect(list.changesWithin(today, today + 1)).toBe(false);
    } finally {
      delete table["test-model"];
    }
  });
});
