/** `nexus cost`: tokens and cost of model requests, by model or another grouping. */

import { numberText } from "../../shared/text/format.ts";
import { costColumns } from "../output/measures-table.ts";
import type { JsonOption } from "../output/print.ts";
import type { QueryOptions } from "../query.ts";
import { printReport } from "./query-report.ts";

export const run = (options: QueryOptions & JsonOption): Promise<void> =>
  printReport(options, {
    title: "Tokens and Cost",
    by: "model",
    columns: costColumns,
    isShown: ({ tokens, cost, requests }) => requests + tokens.input + tokens.output > 0 || cost.reportedUsd !== null,
    notes: ({ pricesAsOf, unpriced, total }) => [
      `List prices of ${pricesAsOf}. Subscriptions and discounts are not known.`,
      ...(unpriced.length === 0
        ? []
        : [`Not priced: ${unpriced.join(", ")} (${numberText(total.cost.unpricedTokens)} tokens).`]),
    ],
  });
