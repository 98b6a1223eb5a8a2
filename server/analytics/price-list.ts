/** The list price of a model request: the price table with the user's own prices. */

import type { Measures } from "../../shared/protocol/query.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import type { ContextSize } from "../../shared/vocabulary/agent-reports.ts";
import { type OwnPrices, type Price, prices, type Rates } from "../../shared/vocabulary/prices.ts";

/** Tokens by kind. Input contains what was read from and written to the cache; output contains reasoning. */
export type Tokens = Measures["tokens"];

/** Returns a day as the number of days since 1970. */
const dayOf = (date: string): number => Date.parse(date) / dayMs;

export class PriceList {
  readonly #own: OwnPrices;
  readonly #changes: readonly number[];

  constructor(own: OwnPrices = {}) {
    this.#own = own;
    this.#changes = Object.entries(prices).flatMap(([model, rows]) =>
      Object.hasOwn(own, model) ? [] : rows.flatMap(({ from }) => (from === undefined ? [] : [dayOf(from)])),
    );
  }

  /** Returns whether a price changes after the first of these days (counted since 1970; `to` is exclusive). */
  changesWithin(from: number, to: number): boolean {
    return this.#changes.some((day) => day > from && day < to);
  }

  /** Returns US dollars; `undefined` if the model has no price on that day, counted since 1970. */
  costOf(model: string, day: number, tokens: Tokens, size?: ContextSize, isFast = false): number | undefined {
    const price = this.#priceOf(model, day);
    if (price === undefined) return undefined;
    // Of the two sizes the longer one is also longer than the shorter.
    const isLong = price.long !== undefined && (size === price.long.size || size === "over_272k");
    const rates: Rates = isLong ? price.long : price;
    const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = tokens;
    const write5m = rates.cacheWrite5m ?? rates.input;
    const plain = Math.max(0, input - cacheRead - cacheWrite5m - cacheWrite1h);
    const micro =
      plain * rates.input +
      Math.min(cacheRead, input) * (rates.cacheRead ?? rates.input) +
      cacheWrite5m * write5m +
      cacheWrite1h * (rates.cacheWrite1h ?? write5m) +
      output * rates.output;
    return (micro * (isFast ? (price.fast ?? 1) : 1)) / 1_000_000;
  }

  #priceOf(model: string, day: number): Price | undefined {
    if (Object.hasOwn(this.#own, model)) return this.#own[model];
    const rows: readonly Price[] = Object.hasOwn(prices, model) ? (prices[model] ?? []) : [];
    return rows.findLast(({ from }) => from === undefined || dayOf(from) <= day);
  }
}
