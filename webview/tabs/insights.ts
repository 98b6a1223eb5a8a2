/** Insights tab: ranked insights with evidence and advice. The user can dismiss each of them. */
import { html, nothing, svg, type TemplateResult } from "lit";
import type { Insight } from "../../shared/protocol/reports.ts";
import { countText, durationText, percentText } from "../../shared/text/format.ts";
import { type InsightFilter, insightFilters, insightText, matchesFilter } from "../../shared/text/insights.ts";
import { emptyState } from "../components/empty-state.ts";
import type { Actions, ViewState } from "../state.ts";

const filterNames: Readonly<Record<InsightFilter, string>> = { slow: "Slow", errors: "Errors", agents: "Agents" };

const width = 240;

/** Draws a share with its confidence interval on a scale from 0% to 100%. */
function intervalChart({ share, low, high }: Insight["evidence"]): TemplateResult {
  if (share === null || low === null || high === null) return html``;
  const at = (value: number) => (value * width).toFixed(1);
  return html`<svg class="interval" viewBox="0 0 ${width} 16" width=${width} height="16" role="img" aria-label="${percentText(share)}, 95% confidence interval ${percentText(low)} to ${percentText(high)}">
    ${svg`<line class="scale" x1="0" y1="8" x2=${width} y2="8"></line>
      <rect class="range" x=${at(low)} y="4" width=${at(Math.max(0.01, high - low))} height="8" rx="2"></rect>
      <circle class="value" cx=${at(share)} cy="8" r="4"></circle>`}
  </svg>`;
}

/** Draws the previous median above the current one. */
function medianComparison({ before, medianMs }: Insight["evidence"]): TemplateResult {
  if (before === null || medianMs === null) return html``;
  const max = Math.max(before.medianMs, medianMs, 1);
  const bar = (ms: number, y: number, className: string) =>
    svg`<rect class=${className} x="0" y=${y} width=${((ms / max) * width).toFixed(1)} height="8" rx="2"></rect>`;
  return html`<svg class="interval" viewBox="0 0 ${width} 22" width=${width} height="22" role="img" aria-label="Previous median ${durationText(before.medianMs)}, current median ${durationText(medianMs)}">
    ${bar(before.medianMs, 1, "before")}${bar(medianMs, 12, "range")}
  </svg>`;
}

function insightView(insight: Insight, { post }: Actions): TemplateResult {
  const { sentence, evidence, advice } = insightText(insight);
  return html`<li class="panel insight">
    <div class="row spread">
      <h2>${sentence}</h2>
      <button class="second" aria-label="Dismiss: ${sentence}" @click=${() => post({ type: "dismiss", id: insight.id })}>Dismiss</button>
    </div>
    <ul class="plain">${evidence.map((fact) => html`<li>${fact}</li>`)}</ul>
    ${insight.evidence.before === null ? intervalChart(insight.evidence) : medianComparison(insight.evidence)}
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
