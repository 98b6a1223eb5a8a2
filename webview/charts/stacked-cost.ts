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

export function stackedCost(parts: readonly CostPart[], open: (answer: Answer, key: string) => void): TemplateResult {
  const [first] = parts;
  if (first === undefined) return html``;
  const grouping: Grouping = first.answer.by ?? "day";
  // A clock that was wrong may give one model a time that others do not have.
  const keys = [...new Set(parts.flatMap(({ answer }) => answer.groups.map(({ key }) => key)))].sort();
  const series: readonly Series[] = parts.map(({ name, answer }, at) => {
    const byKey = new Map(answer.groups.map(({ key, measures }) => [key, measures.cost.listUsd ?? 0]));
    return { name, className: partClasses[at] ?? "rest", values: keys.map((key) => byKey.get(key) ?? 0) };
  });
  return html`
    ${barChart({
      id: "cost",
      title: `Cost per ${groupingName(grouping).toLowerCase()} by model`,
      unit: groupingName(grouping),
      labels: keys.map((key) => timeLabel(grouping, key)),
      series,
      kind: "money",
      text: usdText,
      onOpen: (at) => open(first.answer, keys[at] ?? ""),
    })}
    ${legend(series)}
  `;
}
