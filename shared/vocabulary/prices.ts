/**
 * Published list prices of models. Models without a list price are reported as not priced. Contract
 * and subscription prices are not known; a user can set prices in `config.toml`.
 */
import type { ContextSize } from "./agent-reports.ts";
import table from "./prices.json" with { type: "json" };

/** US dollars per million tokens, by kind of token. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  /** Absent: as other input tokens. */
  readonly cacheRead?: number;
  /** Writing to a cache that lasts 5 minutes. Absent: as other input tokens. */
  readonly cacheWrite5m?: number;
  /** Writing to a cache that lasts 1 hour. Absent: as writing for 5 minutes. */
  readonly cacheWrite1h?: number;
}

export interface Price extends Rates {
  /** The first day on which the price is valid, as YYYY-MM-DD; absent in a model's first row. */
  readonly from?: string;
  /** Rates of a request whose input is at least this long. */
  readonly long?: Rates & { readonly size: ContextSize };
  /** Factor of a request at higher speed. */
  readonly fast?: number;
}

/** Prices that the user set in `config.toml`; each replaces the model's price of the table on all days. */
export type OwnPrices = Readonly<Record<string, Rates>>;

/** The day on which the prices were current, as YYYY-MM-DD. */
export const pricesAsOf: string = table.asOf;

/** Model → its prices in the order of their dates. */
export const prices: Readonly<Record<string, readonly Price[]>> = table.prices as Readonly<
  Record<string, readonly Price[]>
>;
