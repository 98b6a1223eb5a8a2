import { describe, expect, it } from "vitest";
import { admitted } from "../../test/fixtures/clean-events.ts";
import { anything } from "../../test/fixtures/raw-events.ts";
import { readBothWays } from "../../test/fixtures/read-rollups.ts";
import { emptyMetrics, readMetrics } from "./metrics.ts";
import { PeriodQuery } from "./period-query.ts";
import { PriceList } from "./price-list.ts";

const at = (daysAgo: number) => new Date(2026, 6, 15 - daysAgo, 9, 10).getTime();
const now = at(0) + 3_600_000;
const request = (daysAgo: number, fields: object) =>
  admitted(anything({ ts: at(daysAgo), event_type: "model_request", source: "otlp", agent: "claude_code", ...fields }));
const rates = { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 };
const read = (events: Parameters<typeof readBothWays>[0], priceList = new PriceList({ other: rates })) =>
  readBothWays(events, now, (connection) =>
    readMetrics(new PeriodQuery({ period: "year" }, now).on(connection), priceList),
  );

describe("tokens and cost", () => {
  it("add up by kind and price, from hours as from months", () => {
    const fields = { model: "my own model", tokens_input: 1_000_000, tokens_output: 100_000 };
    const { tokens, cost } = read([
      request(0, { ...fields, tokens_cache_read: 500_000, tokens_cache_write_5m: 100_000 }),
      request(40, { ...fields, tokens_cache_write_1h: 200_000, tokens_reasoning: 50_000, cost_microusd: 2_000_000 }),
      request(200, { model: "gpt-oss-20b", tokens_input: 7, tokens_output: 3 }),
    ]);
    expect(tokens).toEqual({
      input: 2_000_007,
      output: 200_003,
      cached: 500_000,
      cacheRead: 500_000,
      cacheWrite5m: 100_000,
      cacheWrite1h: 200_000,
      reasoning: 50_000,
    });
    const plain = 0.4 * 3 + 0.5 * 0.3 + 0.1 * 3.75 + 0.1 * 15;
    expect(cost.usd).toBeCloseTo(plain + 0.8 * 3 + 0.2 * 6 + 0.1 * 15, 2);
    expect(cost.reportedUsd).toBe(2);
    expect(cost.unpriced).toEqual([{ model: "gpt-oss-20b", tokens: 10 }]);
  });

  it("take the earlier name of tokens from the cache", () => {
    const { tokens } = read([request(0, { model: "gpt-5", tokens_input: 10, tokens_output: 1, tokens_cached: 4 })]);
    expect(tokens).toMatchObject({ cacheRead: 4, cached: 4 });
  });

  it("know which requests were so long that they cost more", () => {
    const of = (tokens: number) =>
      read(
        [request(0, { model: "gemini-2.5-pro", tokens_input: tokens, tokens_output: 0, status: "ok" })],
        new PriceList(),
      ).cost.usd;
    expect(of(200_000)).toBeCloseTo(0.25);
    expect(of(400_000)).toBeCloseTo(1);
    // A counter's increase is the sum of many requests.
    const counted = { model: "gemini-2.5-pro", tokens_input: 400_000, tokens_output: 0 };
    expect(read([request(0, counted)], new PriceList()).cost.usd).toBeCloseTo(0.5);
  });

  it("are zero without data", () => {
    const { tokens, cost } = emptyMetrics(new PeriodQuery({ period: "month" }, now));
    expect([tokens.cacheWrite1h, cost.usd, cost.unpriced]).toEqual([0, null, []]);
  });
});
