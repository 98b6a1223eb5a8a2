/** Cost over time, stacked by model. */
import { html, type TemplateResult } from "lit-html";
import type { Answer, Grouping } from "../../shared/protocol/query.ts";
import { usdText } from "../../shared/text/format.ts";
import { groupingName, timeLabel } from "../data/names.ts";
import { barChart, legend, type Series } from "./bars.ts";

export interface CostPart {
  readonly name: string;
  /** By time. */
  readonly answer: Answer;
}

/** Distinct in colour and lightness; the legend and the table name them. */
export const partClasses = ["first", "second", "third", "fourth", "rest"] as const;

export function stackedCost(parts: readonly CostPart[], open: (by: Grouping, key: string) => void): TemplateResult {
  const [first] = parts;
  if (first === undefined) return html``;
  const { groups, by } = first.answer;
  const grouping = by ?? "day";
  const series: readonly Series[] = parts.map(({ name, answer }, at) => ({
    name,
    className: partClasses[at] ?? "rest",
    values: groups.map((_, n) => answer.groups[n]?.measures.cost.listUsd ?? 0),
  }));
  return html`
    ${barChart({
      id: "cost",
      title: `Cost per ${groupingName(grouping).toLowerCase()} by model`,
      unit: groupingName(grouping),
      labels: groups.map(({ key }) => timeLabel(grouping, key)),
      series,
      kind: "money",
      text: usdText,
      onOpen: (at) => open(grouping, groups[at]?.key ?? ""),
    })}
    ${legend(series)}
  `;
}
