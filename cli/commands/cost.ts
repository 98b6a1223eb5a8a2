/** `nexus cost`: tokens and cost of model requests, by model or another grouping, or in blocks of five hours. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { dayText, numberText, percentText } from "../../shared/text/format.ts";
import { costColumns, usdText } from "../output/measures-table.ts";
import { printBlocks } from "./cost-blocks.ts";
import { printReport, type ReportOptions } from "./query-report.ts";

export interface CostOptions extends ReportOptions {
  readonly blocks?: boolean;
  /** US dollars. */
  readonly budget?: number;
}

export function run(options: CostOptions): Promise<void> {
  if (options.blocks === true) return printBlocks(options);
  return printReport(options, {
    title: "Tokens and Cost",
    by: "model",
    ...(options.by === "session" ? { sort: "cost" } : {}),
    columns: costColumns,
    isShown: ({ tokens, cost, requests }) => requests + tokens.input + tokens.output > 0 || cost.reportedUsd !== null,
    notes: ({ pricesAsOf, unpriced, total, asOfMs }, reader) => [
      `List prices of ${pricesAsOf}. Subscriptions and discounts are not known.`,
      ...(unpriced.length === 0
        ? []
        : [`Not priced: ${unpriced.join(", ")} (${numberText(total.cost.unpricedTokens)} tokens).`]),
      ...(options.budget === undefined ? [] : [budgetText(reader, options.budget, asOfMs)]),
    ],
  });
}

/** What this calendar month has cost so far, and what it will at this rate. */
function budgetText(reader: TelemetryReader, budget: number, nowMs: number): string {
  const now = new Date(nowMs);
  const firstMs = new Date(now.getFullYear(), now.getMonth(), 1, 12).getTime();
  const { total } = reader.query({ period: { period: "custom", from: dayText(firstMs), to: dayText(nowMs) } });
  const spent = total.cost.listUsd ?? 0;
  const days = new Date(now.getFullYear(), now.getMonth() + 1, 0).getDate();
  const expected = (spent / now.getDate()) * days;
  return `This month: ${usdText(spent)} of ${usdText(budget)} (${percentText(spent / budget)}); at this rate ${usdText(expected)} by its end.`;
}
