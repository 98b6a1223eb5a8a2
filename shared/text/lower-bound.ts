/** Figures that are lower bounds, because an agent's files hold only a part of a response. */
import type { Measures } from "../protocol/query.ts";
import { countText } from "./format.ts";

/** Marks a text of tokens or cost. */
export const atLeast = ({ lowerBound }: Measures, text: string): string => (lowerBound > 0 ? `≥ ${text}` : text);

export const lowerBoundText = ({ lowerBound }: Measures): string =>
  `≥: ${countText(lowerBound, "response")} may have had more output than the agent's files say.`;
