/** The four figures that people ask for first. Each opens what it counts. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Answer, Measures } from "../../shared/protocol/query.ts";
import { countText, durationText, numberText, usdText } from "../../shared/text/format.ts";
import { listCostText, tokensText } from "../../shared/text/lower-bound.ts";
import { sparkline } from "../charts/sparkline.ts";
import { type Change, changeOf, type Direction, isUnusual, pointsOf } from "../data/change.ts";
import { comparisonText } from "../data/periods.ts";
import type { Actions, ViewState } from "../state.ts";
import { sortedBy } from "./data-table.ts";
import { changeView, rateText } from "./figures.ts";

interface Card {
  readonly title: string;
  readonly value: string;
  readonly detail: string;
  readonly change: Change;
  readonly isMarked?: boolean;
  /** Over time. */
  readonly values: readonly number[];
  readonly open: () => void;
}

const cardView = ({ title, value, detail, change, isMarked = false, values, open }: Card, against: string) =>
  html`<button class="card" @click=${open}>
    <span class="title">${title}</span>
    <span class="value ${isMarked ? "failing" : ""}">${value}</span>
    <span class="quiet detail">${detail}</span>
    <span class="quiet against">${change.text === "" ? nothing : html`${changeView(change)} ${against}`}</span>
    ${sparkline(values)}
  </button>`;

type Value = (measures: Measures) => number | null;

export function cards(answer: Answer, usual: Measures | undefined, model: ViewState, actions: Actions): TemplateResult {
  const { total, before, groups } = answer;
  const was = before?.total;
  const { runs, calls, cost, turns, refused, requests } = total;
  const change = (value: Value, sample: Value, direction: Direction) =>
    changeOf(
      { value: value(total), sample: sample(total) ?? 0 },
      was === undefined ? undefined : { value: value(was), sample: sample(was) ?? 0 },
      direction,
    );
  const values = (of: Value) => groups.map(({ measures }) => of(measures) ?? 0);
  const countOf: Value = (measures) => measures.calls.count;
  const costOf: Value = (measures) => measures.cost.listUsd;
  // With a filter on agents there are no commands.
  const kind = runs.count === 0 && calls.count > 0 ? "calls" : "runs";
  const ended = total[kind];
  const openTab = (tab: "commands" | "agents", tables = model.tables) => {
    actions.setState({ tables });
    actions.go({ tab, subject: null });
  };
  const list: readonly Card[] = [
    {
      title: "Waiting time",
      value: runs.timed === 0 ? "–" : durationText(total.waitingMs),
      detail: runs.count === 0 ? "no commands yet" : `for ${countText(runs.count, "command")}`,
      change: change(
        ({ waitingMs }) => waitingMs,
        (of) => of.runs.count,
        "more-is-bad",
      ),
      values: values(({ waitingMs }) => waitingMs),
      open: () => openTab("commands", sortedBy(model, "commands", "Waiting")),
    },
    {
      title: kind === "runs" ? "Failed commands" : "Failed tool calls",
      value: ended.failure === null ? "–" : rateText(ended.failure.rate),
      detail:
        ended.failure === null
          ? ended.count === 0
            ? "no commands yet"
            : "no outcome known"
          : `${numberText(ended.failed)} of ${numberText(ended.failure.sample)}`,
      change: pointsOf(ended, was?.[kind]),
      isMarked: isUnusual(ended, usual?.[kind]),
      values: values((measures) => measures[kind].failed),
      open: () => actions.go({ subject: { by: "outcome", key: "failed" } }),
    },
    {
      title: "Agents",
      value: calls.count === 0 ? "–" : numberText(calls.count),
      detail:
        calls.count === 0
          ? "no tool calls yet"
          : `tool calls in ${countText(turns, "turn")}, ${numberText(refused)} refused`,
      change: change(countOf, countOf, "neutral"),
      values: values(countOf),
      open: () => openTab("agents"),
    },
    {
      title: "Cost at list prices",
      value: listCostText(total),
      detail:
        cost.reportedUsd === null
          ? requests === 0
            ? "no tokens reported yet"
            : `${tokensText(total)} tokens`
          : `${usdText(cost.reportedUsd)} reported by agents`,
      change: change(costOf, ({ requests }) => requests, "more-is-bad"),
      values: values(costOf),
      open: () => openTab("agents"),
    },
  ];
  const against = comparisonText(answer, model.view.period, model.view.compare);
  return html`<div class="cards">${list.map((one) => cardView(one, against))}</div>`;
}
