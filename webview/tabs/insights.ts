/** Insights tab: ranked insights with evidence and advice. The user can dismiss each of them. */

import { html, nothing, type TemplateResult } from "lit";
import type { Insight } from "../../shared/protocol/reports.ts";
import { countText } from "../../shared/text/format.ts";
import { type InsightFilter, insightFilters, insightText, matchesFilter } from "../../shared/text/insights.ts";
import { comparisonChart, intervalChart } from "../charts/interval.ts";
import { emptyState } from "../components/empty-state.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";

const filterNames: Readonly<Record<InsightFilter, string>> = { slow: "Slow", errors: "Errors", agents: "Agents" };

function insightView(insight: Insight, { post }: Actions): TemplateResult {
  const text = insightText(insight);
  const [sentence, advice] = [translated(text.sentence), translated(text.advice)];
  return html`<li class="panel insight">
    <div class="row spread">
      <h2>${sentence}</h2>
      <button class="second" aria-label="Dismiss: ${sentence}" @click=${() => post({ type: "dismiss", id: insight.id })}>Dismiss</button>
    </div>
    <ul class="plain">${text.evidence.map((fact) => html`<li>${translated(fact)}</li>`)}</ul>
    ${insight.evidence.before === null ? intervalChart(insight.evidence) : comparisonChart(insight.evidence)}
    <p class="quiet">${advice}</p>
  </li>`;
}

const requirement = "Insights need at least ten runs of a command and a statistically significant difference.";

export function insightsTab(model: ViewState, actions: Actions): TemplateResult {
  const { state, filter } = model;
  const insights = state?.insights ?? null;
  if (insights === null || insights.runs === 0) {
    return emptyState(model, actions, { title: "No insights yet", text: requirement });
  }
  const dismissed = new Set(state?.dismissed ?? []);
  const matching = insights.insights.filter((insight) => matchesFilter(insight, filter === null ? [] : [filter]));
  const shown = matching.filter(({ id }) => !dismissed.has(id));
  const dismissedCount = matching.length - shown.length;
  return html`
    <div class="row spread">
      <div class="segments" role="group" aria-label="Filter">
        <button aria-pressed=${filter === null} @click=${() => actions.setState({ filter: null })}>All</button>
        ${insightFilters.map((name) => html`<button aria-pressed=${filter === name} @click=${() => actions.setState({ filter: name })}>${filterNames[name]}</button>`)}
      </div>
      <span class="quiet">Last 30 days, ${countText(insights.runs, "command")}</span>
    </div>
    ${
      shown.length === 0
        ? html`<div class="panel empty"><h2>No insights</h2>
            <p class="quiet">${requirement}</p></div>`
        : html`<ol class="insights">${shown.map((insight) => insightView(insight, actions))}</ol>`
    }
    ${dismissedCount === 0 ? nothing : html`<p class="row"><span class="quiet">${countText(dismissedCount, "insight")} dismissed.</span> <button class="second" @click=${() => actions.post({ type: "restoreInsights" })}>Restore</button></p>`}
  `;
}
