/** `nexus cost`: tokens and cost of model requests, by model or another grouping, or in blocks of five hours. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import type { Query } from "../../shared/protocol/query.ts";
import { dayText, numberText, percentText, usdText } from "../../shared/text/format.ts";
import { costColumns, lowerBoundNotes } from "../output/measures-table.ts";
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
    more: ({ asOfMs }, reader, query) =>
      options.budget === undefined ? {} : { budget: budgetOf(reader, query, options.budget, asOfMs) },
    notes: ({ pricesAsOf, unpriced, total, asOfMs }, reader, query) => [
      ...lowerBoundNotes(total),
      `List prices of ${pricesAsOf}. Subscriptions and discounts are not known.`,
      ...(unpriced.length === 0
        ? []
        : [`Not priced: ${unpriced.join(", ")} (${numberText(total.cost.unpricedTokens)} tokens).`]),
      ...(options.budget === undefined ? [] : [budgetText(budgetOf(reader, query, options.budget, asOfMs))]),
    ],
  });
}

interface Budget {
  readonly budgetUsd: number;
  readonly spentUsd: number;
  /** At this rate by the end of the month. */
  readonly expectedUsd: number;
}

/** What matches the filters has cost in this calendar month. */
function budgetOf(reader: TelemetryReader, { filters = {} }: Query, budgetUsd: number, nowMs: number): Budget {
  const now = new Date(nowMs);
  const firstMs = new Date(now.getFullYear(), now.getMonth(), 1, 12).getTime();
  const period = { period: "custom", from: dayText(firstMs), to: dayText(nowMs) } as const;
  const spentUsd = reader.query({ period, filters }).total.cost.listUsd ?? 0;
  const days = new Date(now.getFullYear(), now.getMonth() + 1, 0).getDate();
  return { budgetUsd, spentUsd, expectedUsd: (spentUsd / now.getDate()) * days };
}

const budgetText = ({ budgetUsd, spentUsd, expectedUsd }: Budget): string =>
  `This month: ${usdText(spentUsd)} of ${usdText(budgetUsd)} (${percentText(spentUsd / budgetUsd)}); at this rate ${usdText(expectedUsd)} by its end.`;
