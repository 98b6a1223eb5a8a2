/** Overview: the numbers of a period, activity over time, the most used commands and tools. */
import { html, nothing, type TemplateResult } from "lit";
import type { Ranked, Stats, ToolCalls, WeeklyActivity } from "../../shared/protocol/reports.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import { countText, durationText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { activityChart } from "../charts/activity.ts";
import { weeklyHeatmap } from "../charts/weekly-heatmap.ts";
import { emptyState } from "../components/empty-state.ts";
import { periodPicker } from "../components/period-picker.ts";
import type { Actions, ViewState } from "../state.ts";

const percent = (share: number): string => `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)} %`;

function card(title: string, value: string, detail: string): TemplateResult {
  return html`<dl class="card"><dt>${title}</dt><dd>${value}</dd><dd class="quiet">${detail}</dd></dl>`;
}

/** A panel with a table, or a word where there is nothing. */
function tableView(
  title: string,
  columns: readonly string[],
  rows: readonly TemplateResult[],
  none = "Nothing in this period.",
): TemplateResult {
  const [first, ...others] = columns;
  return html`<section class="panel">
    <h2>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">${none}</p>`
        : html`<div class="scroll"><table>
            <thead><tr><th scope="col">${first}</th><td></td>${others.map((name) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
            <tbody>${rows}</tbody>
          </table></div>`
    }
  </section>`;
}

/** A row that begins with its name and a bar of its share of the largest. */
function rowView(name: unknown, share: number, numbers: readonly unknown[]): TemplateResult {
  return html`<tr>
    <th scope="row">${name}</th>
    <td><svg class="share" viewBox="0 0 64 8" preserveAspectRatio="none" aria-hidden="true"><rect width=${Math.max(1, 64 * share)} height="8" rx="2"></rect></svg></td>
    ${numbers.map((number) => html`<td class="number">${number}</td>`)}
  </tr>`;
}

const failedText = (failed: number): unknown =>
  failed === 0 ? "–" : html`<span class="failing">${failed.toLocaleString("en-US")}</span>`;

function rankingView(title: string, rows: readonly Ranked[], what: string): TemplateResult {
  const max = Math.max(1, ...rows.map(({ count }) => count));
  return tableView(
    title,
    [what, "Runs", "Failed", "Median"],
    rows.map(({ name, source, count, failed, medianMs }) =>
      rowView(
        html`${name}${source === null ? nothing : html` <span class="where">${sourceLabel(source)}</span>`}`,
        count / max,
        [count.toLocaleString("en-US"), failedText(failed), medianMs === null ? "–" : durationText(medianMs)],
      ),
    ),
  );
}

function agentsView(uses: ToolCalls | null): TemplateResult {
  const agents = (uses?.coverage ?? []).filter(({ source }) => isAgent(source));
  const max = Math.max(1, ...agents.map(({ ended }) => ended));
  return tableView(
    "Top agents",
    ["Agent", "Tool uses", "Failed"],
    agents.map(({ source, ended, failed }) =>
      rowView(sourceLabel(source), ended / max, [ended.toLocaleString("en-US"), failedText(failed)]),
    ),
    "No agent in this period.",
  );
}

function languagesView(rhythm: WeeklyActivity | null): TemplateResult {
  const languages = rhythm?.languages ?? [];
  const max = Math.max(1, ...languages.map(({ focusMs }) => focusMs));
  return tableView(
    "Top languages",
    ["Language", "In focus", "Saves"],
    languages.map(({ name, focusMs, saves }) =>
      rowView(name, focusMs / max, [durationText(focusMs), saves.toLocaleString("en-US")]),
    ),
    "No work in editors in this period.",
  );
}

/** How much more or less than before; a change of less than one in a hundred is none. */
function comparison(now: number, before: number | undefined): string {
  if (before === undefined || before === 0) return "";
  const change = Math.round((100 * (now - before)) / before);
  return change === 0 ? ", as before" : `, ${Math.abs(change)} % ${change > 0 ? "more" : "less"} than before`;
}

function pointsText(now: number | null, before: number | null | undefined): string {
  if (now === null || before === null || before === undefined) return "";
  const points = Math.round(100 * (now - before));
  return points === 0 ? ", as before" : `, ${Math.abs(points)} points ${points > 0 ? "better" : "worse"} than before`;
}

function activeCard(rhythm: WeeklyActivity | null): TemplateResult {
  const active = rhythm?.activeMs ?? null;
  const detail =
    active === null ? "not recorded" : `editors in focus${comparison(active, rhythm?.activeMsBefore ?? 0)}`;
  return card("Active time", active === null ? "–" : durationText(active), detail);
}

function numbersView(stats: Stats, rhythm: WeeklyActivity | null): TemplateResult {
  const { commands, succeeded, failed, cancelled, successRate, durations, sessions } = stats;
  const { before, averageSessionMs, tasksCompleted, workspacesCreated } = stats;
  const judged = succeeded + failed;
  return html`<div class="cards">
    ${card("Commands", commands.toLocaleString("en-US"), `${judged === 0 ? "that ended" : cancelled === 0 ? `${failed} failed` : `${failed} failed, ${cancelled} cancelled`}${comparison(commands, before?.commands)}`)}
    ${card("Success rate", successRate === null ? "–" : percent(successRate), judged === 0 ? "no outcome known" : `of ${countText(judged, "command")}${pointsText(successRate, before?.successRate)}`)}
    ${card("Median duration", durations === null ? "–" : durationText(durations.medianMs), durations === null ? "no duration known" : `95 % under ${durationText(durations.p95Ms)}`)}
    ${card("Time in commands", durations === null ? "–" : durationText(durations.totalMs), `added up${comparison(durations?.totalMs ?? 0, before?.totalMs)}`)}
    ${activeCard(rhythm)}
    ${card("Sessions", sessions.toLocaleString("en-US"), averageSessionMs === null ? "one per window and day" : `${durationText(averageSessionMs)} on average`)}
    ${card("Tasks completed", tasksCompleted.toLocaleString("en-US"), "told by Nexus tools")}
    ${card("Workspaces created", workspacesCreated.toLocaleString("en-US"), "told by Nexus tools")}
  </div>`;
}

const none = {
  title: "Nothing yet in this period",
  text: "Run a command in the integrated terminal; it appears here when it ends.",
};

export function overviewTab(model: ViewState, actions: Actions): TemplateResult {
  const { state } = model;
  const stats = state?.stats ?? null;
  const rhythm = state?.weeklyActivity ?? null;
  const empty = stats === null || (stats.commands === 0 && stats.sessions === 0);
  return html`
    ${state?.permission.mode === "off" && empty ? nothing : periodPicker(model, actions)}
    ${
      empty || stats === null
        ? emptyState(model, actions, none)
        : html`
            ${numbersView(stats, rhythm)}
            ${activityChart(stats)}
            <div class="columns">
              ${rankingView("Top commands", stats.topCommands, "Command")}
              ${rankingView("Top tools", stats.topTools, "Tool")}
              ${agentsView(state?.toolCalls ?? null)}
              ${languagesView(rhythm)}
            </div>
            ${rhythm === null ? nothing : weeklyHeatmap(rhythm)}
            ${stats.dropped === 0 ? nothing : html`<p class="quiet">${countText(stats.dropped, "event was", "events were")} lost in this period because the recorder could not keep up.</p>`}
          `
    }
  `;
}
