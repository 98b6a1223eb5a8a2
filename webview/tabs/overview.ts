/** Overview tab: what the user waited for, what failed, what agents did and what it cost. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Answer, Group } from "../../shared/protocol/query.ts";
import { type Insights, minRuns, type WeeklyActivity } from "../../shared/protocol/reports.ts";
import { durationText, numberText } from "../../shared/text/format.ts";
import { insightCards, insightText } from "../../shared/text/insights.ts";
import { languageLabel } from "../../shared/text/language-labels.ts";
import { listCostText } from "../../shared/text/lower-bound.ts";
import { calendar } from "../charts/calendar.ts";
import { weeklyHeatmap } from "../charts/weekly-heatmap.ts";
import { activityPanel } from "../components/activity-panel.ts";
import { agentColumn, callsColumn, failedCallsColumn, isActiveAgent } from "../components/agent-columns.ts";
import { cards } from "../components/cards.ts";
import { commandsTable } from "../components/commands-table.ts";
import { dataTable } from "../components/data-table.ts";
import { emptyState } from "../components/empty-state.ts";
import { hasNothing, pendingView } from "../components/pending.ts";
import { insightsProgress, mostRun, startPanel } from "../components/start-panel.ts";
import { workspacesPanel } from "../components/workspaces-panel.ts";
import { insightSubject, slowerCommands } from "../data/insight-subject.ts";
import { compared, figures, timeSubject, usual } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";

const maxInsights = 3;

function attentionPanel(
  insights: Insights | undefined,
  commands: Answer | undefined,
  { state }: ViewState,
  { go }: Actions,
): TemplateResult {
  const dismissed = new Set((state?.dismissed ?? []).map(({ id }) => id));
  const open = (insights?.insights ?? []).filter(({ id }) => !dismissed.has(id));
  const shown = insightCards(open).slice(0, maxInsights);
  return html`<section class="panel">
    <div class="row spread"><h2>Needs attention</h2>${open.length > maxInsights ? html`<button class="link" @click=${() => go({ tab: "insights" })}>All ${open.length}</button>` : nothing}</div>
    ${
      shown.length === 0
        ? html`<p class="quiet">${insights === undefined ? "…" : noInsightsText(commands)}</p>`
        : html`<ul class="plain attention">${shown.map(({ main }) => {
            const subject = insightSubject(main);
            const sentence = translated(insightText(main).sentence);
            return html`<li><button class="link" @click=${() => go(subject === null ? { tab: "insights" } : { subject })}>${sentence}</button></li>`;
          })}</ul>`
    }
  </section>`;
}

function noInsightsText(commands: Answer | undefined): string {
  const most = mostRun(commands);
  return (most?.runs ?? 0) >= minRuns ? "Nothing needs attention." : insightsProgress(most);
}

function agentsPanel({ groups }: Answer, model: ViewState, actions: Actions): TemplateResult {
  const rows = groups.filter(isActiveAgent);
  return html`<section class="panel">
    <h2>Agents</h2>
    ${dataTable<Group>(
      {
        id: "overview-agents",
        caption: "Agents",
        columns: [
          agentColumn(model, actions),
          callsColumn,
          failedCallsColumn,
          {
            name: "Cost",
            view: ({ measures }) => listCostText(measures),
            value: ({ measures }) => measures.cost.listUsd,
          },
        ],
        rows,
        sort: "Cost",
        empty: "No agents in this period.",
      },
      model,
      actions,
    )}
  </section>`;
}

function languagesPanel(
  activity: WeeklyActivity | undefined,
  model: ViewState,
  actions: Actions,
): TemplateResult | typeof nothing {
  const languages = activity?.languages ?? [];
  if (languages.length === 0) return nothing;
  return html`<section class="panel">
    <h2>Languages</h2>
    ${dataTable(
      {
        id: "languages",
        caption: "Languages",
        columns: [
          {
            name: "Language",
            view: ({ name }) => languageLabel(name),
            value: ({ name }) => languageLabel(name),
            isText: true,
          },
          { name: "Focus time", view: ({ focusMs }) => durationText(focusMs), value: ({ focusMs }) => focusMs },
          { name: "Saves", view: ({ saves }) => numberText(saves), value: ({ saves }) => saves },
        ],
        rows: languages,
        sort: "Focus time",
        empty: "No editor activity in this period.",
      },
      model,
      actions,
    )}
    ${Object.keys(model.view.filters).length === 0 ? nothing : html`<p class="quiet">Shows all editors: filters do not apply.</p>`}
  </section>`;
}

/** Counts by weekday and hour, from Monday at 00:00. */
function weekOf({ groups }: Answer): readonly number[] {
  const week = Array.from({ length: 168 }, () => 0);
  for (const { key, measures } of groups) {
    const at = (Number(key.slice(0, 1)) - 1) * 24 + Number(key.slice(2, 4));
    week[at] = measures.runs.count + measures.calls.count;
  }
  return week;
}

const noData = {
  title: "No data in this period",
  text: "Run a command in the integrated terminal. It appears here when it finishes.",
};

export function overviewTab(model: ViewState, actions: Actions): TemplateResult {
  const { view } = model;
  if (hasNothing(model)) return emptyState(model, actions, noData);
  // In the order in which the worker answers: what takes long comes last.
  const found = actions.ask("total", compared(view, "time"));
  const total = found.result;
  const commands = actions.ask("commands", compared(view, "command")).result;
  const agents = actions.ask("agents", compared(view, "agent")).result;
  const workspaces = actions.ask("workspaces", figures(view, { by: "workspace" })).result;
  const usually = actions.ask("usual", usual(model, "command")).result;
  const week = actions.ask("week", figures(view, { by: "weekhour" })).result;
  const activity = actions.ask("activity", { kind: "activity", params: view.period }).result;
  const insights = actions.ask("insights", { kind: "insights", params: view.period }).result;
  if (total === undefined) return pendingView(found, model, actions);
  const start = startPanel(model, actions);
  const { runs, calls, requests, turns } = total.total;
  if (runs.count + calls.count + requests + turns === 0)
    return html`${start} ${start === nothing ? emptyState(model, actions, noData) : nothing}`;
  const days = isLong(total) ? actions.ask("days", figures(view, { by: "day" })).result : undefined;
  return html`
    ${start}
    <div class="answers" aria-busy=${found.isOld}>
    ${cards(total, usually?.total, model, actions)}
    <div class="grid">
      ${activityPanel(total, model, actions)}
      ${attentionPanel(insights, commands, model, actions)}
      ${
        days === undefined
          ? nothing
          : html`<section class="panel full"><h2>Days</h2>${calendar(
              days.groups.map(({ key, measures }) => ({ key, count: measures.runs.count + measures.calls.count })),
              (key) => actions.go({ subject: timeSubject(days, key) }),
            )}</section>`
      }
      <section class="panel wide-panel">
        <h2>Where the time goes</h2>
        ${commands === undefined ? nothing : commandsTable({ id: "overview-commands", by: "command", answer: commands, usual: usually, slower: slowerCommands(insights), isShort: true, size: 10 }, model, actions)}
      </section>
      <section class="panel"><h2>When</h2>${week === undefined ? nothing : weeklyHeatmap(weekOf(week), (key) => actions.go({ subject: { by: "weekhour", key } }))}</section>
      ${agents === undefined ? nothing : agentsPanel(agents, model, actions)}
      ${workspaces === undefined ? nothing : workspacesPanel(workspaces, model, actions)}
      ${languagesPanel(activity, model, actions)}
    </div>
    </div>
  `;
}

/** A longer period has a calendar. */
const isLong = ({ by }: Answer): boolean => by === "week" || by === "month";
