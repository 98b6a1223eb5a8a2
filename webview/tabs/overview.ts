/** Overview tab: totals of a period, activity, top commands, tools, agents and languages. */
import { html, nothing, type TemplateResult } from "lit";
import type { Ranked, Stats, ToolCalls, WeeklyActivity } from "../../shared/protocol/reports.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import { changeText, countText, durationText, numberText, percentText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { exitRulesMessage } from "../../shared/text/sentences.ts";
import { activityChart } from "../charts/activity.ts";
import { weeklyHeatmap } from "../charts/weekly-heatmap.ts";
import { emptyState } from "../components/empty-state.ts";
import { periodPicker } from "../components/period-picker.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";

/** 100% and 0% need no decimal. */
const rateText = (rate: number): string => percentText(rate, rate === 0 || rate === 1 ? 0 : 1);

/** A value's detail, and how it compares with the previous period. */
interface CardDetail {
  readonly text: string;
  readonly change: string;
}

function card(title: string, value: string, { text, change }: CardDetail): TemplateResult {
  const suffix = change === "" ? nothing : html`, <span title="compared with the previous period">${change}</span>`;
  return html`<dl class="card"><dt>${title}</dt><dd>${value}</dd><dd class="quiet">${text}${suffix}</dd></dl>`;
}

/** Shows a table in a panel, or `emptyText` if it has no rows. */
function tableView(
  title: string,
  columns: readonly string[],
  rows: readonly TemplateResult[],
  emptyText = "No data in this period.",
): TemplateResult {
  const [first, ...others] = columns;
  return html`<section class="panel">
    <h2>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">${emptyText}</p>`
        : html`<div class="scroll"><table>
            <thead><tr><th scope="col">${first}</th><td></td>${others.map((name) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
            <tbody>${rows}</tbody>
          </table></div>`
    }
  </section>`;
}

/** Shows a row with its name and a bar; `share` is relative to the largest row. */
function rowView(name: unknown, share: number, numbers: readonly unknown[]): TemplateResult {
  return html`<tr>
    <th scope="row">${name}</th>
    <td><svg class="share" viewBox="0 0 64 8" preserveAspectRatio="none" aria-hidden="true"><rect width=${Math.max(1, 64 * share)} height="8" rx="2"></rect></svg></td>
    ${numbers.map((number) => html`<td class="number">${number}</td>`)}
  </tr>`;
}

const failedText = (failed: number): unknown =>
  failed === 0 ? "–" : html`<span class="failing">${numberText(failed)}</span>`;

function rankingView(title: string, rows: readonly Ranked[], nameHeading: string): TemplateResult {
  const max = Math.max(1, ...rows.map(({ count }) => count));
  return tableView(
    title,
    [nameHeading, "Runs", "Failed", "Median"],
    rows.map(({ name, source, count, failed, medianMs }) =>
      rowView(
        html`${name}${source === null ? nothing : html` <span class="where">${sourceLabel(source)}</span>`}`,
        count / max,
        [numberText(count), failedText(failed), medianMs === null ? "–" : durationText(medianMs)],
      ),
    ),
  );
}

function agentsView(toolCalls: ToolCalls | null): TemplateResult {
  const agents = (toolCalls?.coverage ?? []).filter(({ source }) => isAgent(source));
  const max = Math.max(1, ...agents.map(({ ended }) => ended));
  return tableView(
    "Top agents",
    ["Agent", "Tool calls", "Failed"],
    agents.map(({ source, ended, failed }) =>
      rowView(sourceLabel(source), ended / max, [numberText(ended), failedText(failed)]),
    ),
    "No agents in this period.",
  );
}

function languagesView(weeklyActivity: WeeklyActivity | null): TemplateResult {
  const languages = weeklyActivity?.languages ?? [];
  const max = Math.max(1, ...languages.map(({ focusMs }) => focusMs));
  return tableView(
    "Top languages",
    ["Language", "Focus time", "Saves"],
    languages.map(({ name, focusMs, saves }) =>
      rowView(name, focusMs / max, [durationText(focusMs), numberText(saves)]),
    ),
    "No editor activity in this period.",
  );
}

/** Returns the relative change, or "" without a previous value. */
function comparisonText(now: number, before: number | undefined): string {
  return before === undefined || before === 0 ? "" : changeText(before, now);
}

/** Returns the change between two shares as "+3 points", or "" if either is unknown. */
function pointsText(now: number | null, before: number | null | undefined): string {
  if (now === null || before === null || before === undefined) return "";
  const points = Math.round(100 * (now - before));
  if (points === 0) return "unchanged";
  return `${points > 0 ? "+" : "−"}${countText(Math.abs(points), "point")}`;
}

function activeCard(weeklyActivity: WeeklyActivity | null): TemplateResult {
  const activeMs = weeklyActivity?.activeMs ?? null;
  if (activeMs === null) return card("Active time", "–", { text: "not recorded", change: "" });
  const change = comparisonText(activeMs, weeklyActivity?.activeMsBefore ?? 0);
  return card("Active time", durationText(activeMs), { text: "focus time in editors", change });
}

function totalsView(stats: Stats, weeklyActivity: WeeklyActivity | null): TemplateResult {
  const { commands, succeeded, failed, cancelled, successRate, durations, sessions } = stats;
  const { before, averageSessionMs, tasksCompleted, workspacesCreated } = stats;
  const decided = succeeded + failed;
  const outcomes =
    decided === 0 ? "completed" : cancelled === 0 ? `${failed} failed` : `${failed} failed, ${cancelled} cancelled`;
  return html`<div class="cards">
    ${card("Commands", numberText(commands), { text: outcomes, change: comparisonText(commands, before?.commands) })}
    ${card("Success rate", successRate === null ? "–" : rateText(successRate), {
      text: decided === 0 ? "outcome unknown" : `of ${countText(decided, "command")}`,
      change: decided === 0 ? "" : pointsText(successRate, before?.successRate),
    })}
    ${card("Median duration", durations === null ? "–" : durationText(durations.medianMs), {
      text: durations === null ? "duration unknown" : `95th percentile: ${durationText(durations.p95Ms)}`,
      change: "",
    })}
    ${card("Time in commands", durations === null ? "–" : durationText(durations.totalMs), {
      text: "total",
      change: comparisonText(durations?.totalMs ?? 0, before?.totalMs),
    })}
    ${activeCard(weeklyActivity)}
    ${card("Sessions", numberText(sessions), {
      text: averageSessionMs === null ? "one per window and day" : `${durationText(averageSessionMs)} on average`,
      change: "",
    })}
    ${card("Tasks completed", numberText(tasksCompleted), { text: "reported by Nexus tools", change: "" })}
    ${card("Workspaces created", numberText(workspacesCreated), { text: "reported by Nexus tools", change: "" })}
  </div>`;
}

const noData = {
  title: "No data in this period",
  text: "Run a command in the integrated terminal. It appears here when it finishes.",
};

export function overviewTab(model: ViewState, actions: Actions): TemplateResult {
  const { state } = model;
  const stats = state?.stats ?? null;
  const weeklyActivity = state?.weeklyActivity ?? null;
  const empty = stats === null || (stats.commands === 0 && stats.sessions === 0);
  return html`
    ${state?.permission.mode === "off" && empty ? nothing : periodPicker(model, actions)}
    ${
      empty || stats === null
        ? emptyState(model, actions, noData)
        : html`
            ${totalsView(stats, weeklyActivity)}
            ${activityChart(stats)}
            <div class="columns">
              ${rankingView("Top commands", stats.topCommands, "Command")}
              ${rankingView("Top tools", stats.topTools, "Tool")}
              ${agentsView(state?.toolCalls ?? null)}
              ${languagesView(weeklyActivity)}
            </div>
            ${weeklyActivity === null ? nothing : weeklyHeatmap(weeklyActivity)}
            ${stats.exitRulesSinceMs === null ? nothing : html`<p class="quiet">${translated(exitRulesMessage(stats.exitRulesSinceMs))}</p>`}
            ${stats.dropped === 0 ? nothing : html`<p class="quiet">${countText(stats.dropped, "event")} lost in this period (the worker was unavailable or overloaded).</p>`}
          `
    }
  `;
}
