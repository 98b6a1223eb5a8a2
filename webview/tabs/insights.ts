/** Insights tab: one card per kind of insight, with evidence, advice and the reason why it is shown. */

import { html, nothing, type TemplateResult } from "lit-html";
import type { Insight } from "../../shared/protocol/reports.ts";
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
import { dismissForm } from "../components/dismiss-form.ts";
import { emptyState } from "../components/empty-state.ts";
import { hasNothing, pendingView } from "../components/pending.ts";
import { insightSubject } from "../data/insight-subject.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";

const filterNames: Readonly<Record<InsightFilter, string>> = { slow: "Slow", errors: "Errors", agents: "Agents" };
function cardView({ main, others }: InsightCard, model: ViewState, actions: Actions): TemplateResult {
  const subject = insightSubject(main);
  const text = insightText(main);
  const sentence = translated(text.sentence);
  return html`<li class="panel insight">
    <div class="row spread">
      <h2>${sentence}</h2>
      <span class="row">
        ${subject === null ? nothing : html`<button class="second" aria-label="Show runs: ${sentence}" @click=${() => actions.go({ subject })}>Show runs</button>`}
        ${dismissForm(main.id, sentence, model, actions)}
      </span>
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

const requirement = "Insights need at least ten runs of a command and a statistically significant difference.";

function controls({ filter }: ViewState, runs: number, { setState }: Actions): TemplateResult {
  return html`<div class="row spread">
    <div class="segments" role="group" aria-label="Filter">
      <button aria-pressed=${filter === null} @click=${() => setState({ filter: null })}>All</button>
      ${insightFilters.map((name) => html`<button aria-pressed=${filter === name} @click=${() => setState({ filter: name })}>${filterNames[name]}</button>`)}
    </div>
    <span class="quiet">${countText(runs, "command")}</span>
  </div>`;
}

export function insightsTab(model: ViewState, actions: Actions): TemplateResult {
  const { state, filter, view } = model;
  const none = { title: "No insights yet", text: requirement };
  if (hasNothing(model)) return emptyState(model, actions, none);
  const found = actions.ask("insights", { kind: "insights", params: view.period });
  const insights = found.result;
  if (insights === undefined) return pendingView(found, model, actions);
  if (insights.runs === 0) return emptyState(model, actions, none);
  const dismissed = new Set((state?.dismissed ?? []).map(({ id }) => id));
  const matching = insights.insights.filter((insight) => matchesFilter(insight, filter === null ? [] : [filter]));
  const shown = matching.filter(({ id }) => !dismissed.has(id));
  const dismissedCount = matching.length - shown.length;
  return html`
    ${controls(model, insights.runs, actions)}
    ${Object.keys(view.filters).length === 0 ? nothing : html`<p class="quiet">Insights cover all data: filters do not apply.</p>`}
    ${
      shown.length === 0
        ? html`<div class="panel empty"><h2>No insights</h2>
            <p class="quiet">${requirement}</p></div>`
        : html`<ol class="insights">${insightCards(shown).map((card) => cardView(card, model, actions))}</ol>`
    }
    ${dismissedCount === 0 ? nothing : html`<p class="row"><span class="quiet">${countText(dismissedCount, "insight")} dismissed.</span> <button class="second" @click=${() => actions.post({ type: "restoreInsights" })}>Restore</button></p>`}
  `;
}
