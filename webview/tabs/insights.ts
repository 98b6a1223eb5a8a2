/** Insights tab: one card per kind of insight, with evidence, advice and the reason why it is shown. */

import { html, nothing, type TemplateResult } from "lit";
import { type DismissReason, dismissReasons } from "../../shared/protocol/dashboard.ts";
import { type Insight, periods } from "../../shared/protocol/reports.ts";
import { countText, durationText } from "../../shared/text/format.ts";
import {
  type InsightCard,
  type InsightFilter,
  insightCards,
  insightFilters,
  insightText,
  matchesFilter,
  subjectText,
} from "../../shared/text/insights.ts";
import { comparisonChart, intervalChart } from "../charts/interval.ts";
import { emptyState } from "../components/empty-state.ts";
import { periodNames } from "../components/period-picker.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";

const filterNames: Readonly<Record<InsightFilter, string>> = { slow: "Slow", errors: "Errors", agents: "Agents" };
const reasonNames: Readonly<Record<DismissReason, string>> = {
  known: "I know",
  not_useful: "Not useful",
  wrong: "Not true",
};

function cardView({ main, others }: InsightCard, { dismissing }: ViewState, actions: Actions): TemplateResult {
  const text = insightText(main);
  const sentence = translated(text.sentence);
  return html`<li class="panel insight">
    <div class="row spread">
      <h2>${sentence}</h2>
      ${
        dismissing === main.id
          ? dismissReasonsView(main, sentence, actions)
          : html`<button class="second" aria-label="Dismiss: ${sentence}" @click=${() => actions.setState({ dismissing: main.id })}>Dismiss</button>`
      }
    </div>
    <ul class="plain">${text.evidence.map((fact) => html`<li>${translated(fact)}</li>`)}</ul>
    ${main.evidence.before === null ? intervalChart(main.evidence) : comparisonChart(main.evidence)}
    <p class="quiet">${translated(text.advice)}</p>
    ${others.length === 0 ? nothing : html`<details><summary>${countText(others.length, "other")} of this kind</summary><ul class="plain">${others.map(otherView)}</ul></details>`}
    <details><summary>Why is this here?</summary><p class="quiet">${translated(text.why)}</p></details>
  </li>`;
}

function otherView(insight: Insight): TemplateResult {
  const week = insight.score >= 60_000 ? `, ${durationText(Math.round(insight.score))} per week` : "";
  return html`<li>${subjectText(insight)}${week}</li>`;
}

function dismissReasonsView(insight: Insight, sentence: string, { post, setState }: Actions): TemplateResult {
  const dismiss = (reason: DismissReason) => {
    setState({ dismissing: null });
    post({ type: "dismiss", id: insight.id, reason });
  };
  return html`<div class="segments" role="group" aria-label="Why dismiss: ${sentence}">
    ${dismissReasons.map((reason) => html`<button @click=${() => dismiss(reason)}>${reasonNames[reason]}</button>`)}
    <button @click=${() => setState({ dismissing: null })}>Cancel</button>
  </div>`;
}

const requirement = "Insights need at least ten runs of a command and a statistically significant difference.";

function controls({ filter, insightPeriod }: ViewState, runs: number, { post, setState }: Actions): TemplateResult {
  return html`<div class="row spread">
    <div class="segments" role="group" aria-label="Filter">
      <button aria-pressed=${filter === null} @click=${() => setState({ filter: null })}>All</button>
      ${insightFilters.map((name) => html`<button aria-pressed=${filter === name} @click=${() => setState({ filter: name })}>${filterNames[name]}</button>`)}
    </div>
    <div class="segments" role="group" aria-label="Period of the insights">
      ${periods.map(
        (period) =>
          html`<button aria-pressed=${insightPeriod === period} @click=${() => {
            setState({ insightPeriod: period });
            post({ type: "chooseInsightPeriod", period });
          }}>${periodNames[period]}</button>`,
      )}
    </div>
    <span class="quiet">${countText(runs, "command")}</span>
  </div>`;
}

export function insightsTab(model: ViewState, actions: Actions): TemplateResult {
  const { state, filter, insightPeriod } = model;
  const insights = state?.insights ?? null;
  if (insights === null || (insights.runs === 0 && insightPeriod === "month")) {
    return emptyState(model, actions, { title: "No insights yet", text: requirement });
  }
  const dismissed = new Set((state?.dismissed ?? []).map(({ id }) => id));
  const matching = insights.insights.filter((insight) => matchesFilter(insight, filter === null ? [] : [filter]));
  const shown = matching.filter(({ id }) => !dismissed.has(id));
  const dismissedCount = matching.length - shown.length;
  return html`
    ${controls(model, insights.runs, actions)}
    ${
      shown.length === 0
        ? html`<div class="panel empty"><h2>No insights</h2>
            <p class="quiet">${requirement}</p></div>`
        : html`<ol class="insights">${insightCards(shown).map((card) => cardView(card, model, actions))}</ol>`
    }
    ${dismissedCount === 0 ? nothing : html`<p class="row"><span class="quiet">${countText(dismissedCount, "insight")} dismissed.</span> <button class="second" @click=${() => actions.post({ type: "restoreInsights" })}>Restore</button></p>`}
  `;
}
