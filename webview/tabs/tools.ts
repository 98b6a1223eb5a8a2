/** Tools & agents: each tool where it was used, how often it fails, how long it takes; and how much of each host is seen. */
import { html, nothing, svg, type TemplateResult } from "lit";
import type { AgentCoverage, ToolCallStats, ToolCalls } from "../../shared/protocol/reports.ts";
import { coverageOf } from "../../shared/text/coverage.ts";
import { durationText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { agentsPanel } from "../components/agents-panel.ts";
import { emptyState } from "../components/empty-state.ts";
import { periodPicker } from "../components/period-picker.ts";
import type { Actions, ViewState } from "../state.ts";

const width = 96;
const height = 20;

/** Uses over time as a line of bars; its text says the same. */
function trendChart({ trend }: ToolCallStats, unit: ToolCalls["unit"]): TemplateResult {
  const max = Math.max(1, ...trend);
  const slot = width / Math.max(1, trend.length);
  return html`<svg class="trend" viewBox="0 0 ${width} ${height}" width=${width} height=${height} preserveAspectRatio="none" role="img" aria-label="Uses by ${unit}: ${trend.join(", ")}">
    ${trend.map((count, at) => svg`<rect x=${at * slot} y=${height - (count / max) * height} width=${Math.max(0.5, slot * 0.8)} height=${(count / max) * height}></rect>`)}
  </svg>`;
}

function changeText({ calls, before }: ToolCallStats): string {
  if (before === null) return "";
  if (before.calls === 0) return "new";
  const change = Math.round((100 * (calls - before.calls)) / before.calls);
  return change === 0 ? "as before" : `${change > 0 ? "+" : "−"}${Math.abs(change)} %`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function failureView({ failure, failed }: ToolCallStats): unknown {
  if (failure === null) return "–";
  const { rate, low, high } = failure;
  return html`<span class=${failed > 0 ? "failing" : ""}>${percent(rate)}</span>
    <span class="where">${percent(low)} to ${percent(high)}</span>`;
}

function toolView(tool: ToolCallStats, unit: ToolCalls["unit"]): TemplateResult {
  const { name, source, calls, durations } = tool;
  const change = changeText(tool);
  const time = (ms: number | undefined) => html`<td class="number">${ms === undefined ? "–" : durationText(ms)}</td>`;
  return html`<tr>
    <th scope="row">${name} <span class="where">${sourceLabel(source)}</span></th>
    <td class="number">${calls.toLocaleString("en-US")}${change === "" ? nothing : html` <span class="where">${change}</span>`}</td>
    <td class="number">${failureView(tool)}</td>
    ${time(durations?.medianMs)}${time(durations?.p95Ms)}${time(durations?.p99Ms)}
    <td>${trendChart(tool, unit)}</td>
  </tr>`;
}

function agentRow(host: AgentCoverage): TemplateResult {
  const { outcome, duration, unended, why } = coverageOf(host);
  return html`<tr>
    <th scope="row">${sourceLabel(host.source)}</th>
    <td class="number">${host.ended.toLocaleString("en-US")}</td>
    <td class="number">${unended === null ? "–" : unended.toLocaleString("en-US")}</td>
    <td class="number">${outcome}</td>
    <td class="number">${duration}</td>
    <td class="wide">${why}</td>
  </tr>`;
}

const headings = (names: readonly string[]) =>
  names.map((name, at) => html`<th class=${at === 0 ? "" : "number"} scope="col">${name}</th>`);

function usesView({ tools, coverage, unit }: ToolCalls): TemplateResult {
  return html`
    <section class="panel">
      <h2>Tools</h2>
      <p class="quiet">Commands in terminals and tools of agents are counted apart and never added together. Under a failure rate stands the range in which the true one lies with 95 % confidence.</p>
      <div class="scroll"><table>
        <thead><tr>${headings(["Tool", "Uses", "Failed", "P50", "P95", "P99"])}<th scope="col">Trend</th></tr></thead>
        <tbody>${tools.map((tool) => toolView(tool, unit))}</tbody>
      </table></div>
    </section>
    <section class="panel">
      <h2>How much is seen</h2>
      <div class="scroll"><table>
        <thead><tr>${headings(["Where", "Ended", "No end seen", "Outcome known", "Duration known"])}<th scope="col">Why not all</th></tr></thead>
        <tbody>${coverage.map(agentRow)}</tbody>
      </table></div>
    </section>
  `;
}

const none = {
  title: "No tools in this period",
  text: "Commands in the integrated terminal appear here when they end; tools of agents once the agent is connected.",
};

export function toolsTab(model: ViewState, actions: Actions): TemplateResult {
  const { state } = model;
  const uses = state?.toolCalls ?? null;
  if (uses === null || uses.coverage.length === 0) {
    return html`
      ${state?.permission.mode === "off" ? nothing : periodPicker(model, actions)}
      ${emptyState(model, actions, none)}
      ${agentsPanel(model, actions)}`;
  }
  return html`${periodPicker(model, actions)} ${usesView(uses)} ${agentsPanel(model, actions)}`;
}
