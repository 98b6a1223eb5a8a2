/** Tools & agents tab: failure rate and durations by tool, coverage, connected agents. */

import { html, nothing, type TemplateResult } from "lit";
import type { AgentCoverage, ToolCallStats, ToolCalls } from "../../shared/protocol/reports.ts";
import { coverageOf } from "../../shared/text/coverage.ts";
import { changeText, durationText, numberText, percentText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { trendChart } from "../charts/trend.ts";
import { agentsPanel } from "../components/agents-panel.ts";
import { emptyState } from "../components/empty-state.ts";
import { periodPicker } from "../components/period-picker.ts";
import type { Actions, ViewState } from "../state.ts";
import { allTranslated } from "../translate.ts";

function callChange({ calls, before }: ToolCallStats): string {
  if (before === null) return "";
  if (before.calls === 0) return "new";
  return changeText(before.calls, calls);
}

function failureView({ failure, failed }: ToolCallStats): unknown {
  if (failure === null) return "–";
  const { rate, low, high } = failure;
  return html`<span class=${failed > 0 ? "failing" : ""}>${percentText(rate, 1)}</span>
    <span class="where">${percentText(low, 1)} to ${percentText(high, 1)}</span>`;
}

function toolView(tool: ToolCallStats, unit: ToolCalls["unit"]): TemplateResult {
  const { name, source, calls, durations } = tool;
  const change = callChange(tool);
  const time = (ms: number | undefined) => html`<td class="number">${ms === undefined ? "–" : durationText(ms)}</td>`;
  return html`<tr>
    <th scope="row">${name} <span class="where">${sourceLabel(source)}</span></th>
    <td class="number">${numberText(calls)}${change === "" ? nothing : html` <span class="where">${change}</span>`}</td>
    <td class="number">${failureView(tool)}</td>
    ${time(durations?.medianMs)}${time(durations?.p95Ms)}${time(durations?.p99Ms)}
    <td>${trendChart(tool, unit)}</td>
  </tr>`;
}

function coverageRow(coverage: AgentCoverage): TemplateResult {
  const { outcome, duration, unended, why } = coverageOf(coverage);
  return html`<tr>
    <th scope="row">${sourceLabel(coverage.source)}</th>
    <td class="number">${numberText(coverage.ended)}</td>
    <td class="number">${unended === null ? "–" : numberText(unended)}</td>
    <td class="number">${outcome}</td>
    <td class="number">${duration}</td>
    <td class="wide">${allTranslated(why)}</td>
  </tr>`;
}

const headings = (names: readonly string[]) =>
  names.map((name, at) => html`<th class=${at === 0 ? "" : "number"} scope="col">${name}</th>`);

function toolCallsView({ tools, coverage, unit }: ToolCalls): TemplateResult {
  return html`
    <section class="panel">
      <h2>Tools</h2>
      <p class="quiet">Terminal commands and agents' tool calls are counted separately. Failure rates show a 95% confidence interval.</p>
      <div class="scroll"><table>
        <thead><tr>${headings(["Tool", "Calls", "Failed", "Median", "p95", "p99"])}<th scope="col">Trend</th></tr></thead>
        <tbody>${tools.map((tool) => toolView(tool, unit))}</tbody>
      </table></div>
    </section>
    <section class="panel">
      <h2>Coverage</h2>
      <div class="scroll"><table>
        <thead><tr>${headings(["Source", "Completed", "No end recorded", "With outcome", "With duration"])}<th scope="col">Limitations</th></tr></thead>
        <tbody>${coverage.map(coverageRow)}</tbody>
      </table></div>
    </section>
  `;
}

const noTools = {
  title: "No tools in this period",
  text: "Terminal commands appear here when they finish. Connect an agent to see its tool calls.",
};

export function toolsTab(model: ViewState, actions: Actions): TemplateResult {
  const { state } = model;
  const toolCalls = state?.toolCalls ?? null;
  if (toolCalls === null || toolCalls.coverage.length === 0) {
    return html`
      ${state?.permission.mode === "off" ? nothing : periodPicker(model, actions)}
      ${emptyState(model, actions, noTools)}
      ${agentsPanel(model, actions)}`;
  }
  return html`${periodPicker(model, actions)} ${toolCallsView(toolCalls)} ${agentsPanel(model, actions)}`;
}
