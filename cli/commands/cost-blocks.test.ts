import { expect, it } from "vitest";
import { PriceList } from "../../server/analytics/price-list.ts";
import { Totals } from "../../server/analytics/query/totals.ts";
import type { Group } from "../../shared/protocol/query.ts";
import { blocksOf } from "./cost-blocks.ts";

const measures = { ...new Totals(new PriceList(), new Set()).measures, sessions: null };
const hour = (key: string, requests: number, listUsd: number | null = null): Group => ({
  key,
  measures: {
    ...measures,
    requests,
    tokens: { ...measures.tokens, input: requests * 100 },
    cost: { ...measures.cost, listUsd },
  },
});
const at = (text: string) => new Date(text).getTime();

it("begins a block with the first request after the one before it, and ends it after five hours", () => {
  const hours = [
    hour("2026-07-01 08:00", 0),
    hour("2026-07-01 09:00", 2, 0.5),
    hour("2026-07-01 10:00", 0),
    hour("2026-07-01 13:00", 1, 0.25),
    hour("2026-07-01 14:00", 3),
    hour("2026-07-01 20:00", 1),
  ];
  expect(blocksOf(hours)).toEqual([
    { startMs: at("2026-07-01T09:00"), endMs: at("2026-07-01T14:00"), requests: 3, tokens: 300, listUsd: 0.75 },
    { startMs: at("2026-07-01T14:00"), endMs: at("2026-07-01T19:00"), requests: 3, tokens: 300, listUsd: null },
    { startMs: at("2026-07-01T20:00"), endMs: at("2026-07-02T01:00"), requests: 1, tokens: 100, listUsd: null },
  ]);
  expect(blocksOf([])).toEqual([]);
});
