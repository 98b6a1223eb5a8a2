/** Figures that are lower bounds, because an agent's files hold only a part of a response. */
import type { Measures } from "../protocol/query.ts";
import { countText, numberText, usdText } from "./format.ts";

/** Marks a text of tokens or cost. */
export const atLeast = ({ lowerBound }: Pick<Measures, "lowerBound">, text: string): string =>
  lowerBound > 0 ? `≥ ${text}` : text;

/** Cost at list prices; "–" without a price. */
export const listCostText = (measures: Pick<Measures, "lowerBound" | "cost">): string =>
  measures.cost.listUsd === null ? usdText(null) : atLeast(measures, usdText(measures.cost.listUsd));

/** Input and output tokens together. */
export const tokensText = (measures: Pick<Measures, "lowerBound" | "tokens">): string =>
  atLeast(measures, numberText(measures.tokens.input + measures.tokens.output));

export const outputText = (measures: Pick<Measures, "lowerBound" | "tokens">): string =>
  atLeast(measures, numberText(measures.tokens.output));

export const lowerBoundText = ({ lowerBound }: Pick<Measures, "lowerBound">): string =>
  `≥: ${countText(lowerBound, "response")} may have had more output than the agent's files say.`;
