/** Agents tab: connections, cost, what agents did, and how their edits fare in the next check. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Answer, FirstTry, FirstTryGroup, Group, SessionSummary } from "../../shared/protocol/query.ts";
import type { AgentCoverage, ToolCallStats, ToolCalls } from "../../shared/protocol/reports.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import { coverageOf } from "../../shared/text/coverage.ts";
import { durationText, numberText, percentText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { toolLabel } from "../../shared/text/tool-labels.ts";
import { agentColumn, callsColumn, failedCallsColumn, isActiveAgent } from "../components/agent-columns.ts";
import { agentsPanel } from "../components/agents-panel.ts";
import { costPanel } from "../components/cost-panel.ts";
import { type Column, dataTable } from "../components/data-table.ts";
import { emptyState } from "../components/empty-state.ts";
import { rateText, timeText } from "../components/figures.ts";
import { groupLink } from "../components/group-link.ts";
import { hasNothing, pendingView } from "../components/pending.ts";
import { compared, figures, questionOf } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";
import { allTranslated } from "../translate.ts";

/** Sessions that are enough for a mean. */
const maxSessions = 200;

/** Mean tokens of a session by agent. */
function tokensPerSession(sessions: readonly SessionSummary[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { tokens: number; count: number }>();
  for (const { sources, measures } of sessions) {
    const tokens = measures.tokens.input + measures.tokens.output;
    const agent = sources.find(isAgent);
    if (agent === undefined || tokens === 0) continue;
    const sum = sums.get(agent) ?? { tokens: 0, count: 0 };
    sums.set(agent, { tokens: sum.tokens + tokens, count: sum.count + 1 });
  }
  return new Map([...sums].map(([agent, { tokens, count }]) => [agent, Math.round(tokens / count)]));
}

/** Of imported history. */
const elapsedColumn: Column<Group> = {
  name: "Elapsed",
  about: "Median time until the result in imported history, with waiting for your permission",
  view: ({ measures }) => timeText(measures.calls.elapsedMs),
  value: ({ measures }) => measures.calls.elapsedMs,
};

function workPanel(
  answer: Answer,
  roles: Answer | undefined,
  sessions: readonly SessionSummary[],
  model: ViewState,
  actions: Actions,
): TemplateResult {
  const tokens = tokensPerSession(sessions);
  const subagents = roles?.groups.find(({ key }) => key === "subagent")?.measures.calls.count ?? 0;
  const all = roles?.total.calls.count ?? 0;
  return html`<section class="panel full">
    <h2>Work</h2>
    ${dataTable<Group>(
      {
        id: "agents-work",
        caption: "Work of agents",
        columns: [
          agentColumn(model, actions),
          {
            name: "Turns",
            view: ({ measures }) => numberText(measures.turns),
            value: ({ measures }) => measures.turns,
          },
          callsColumn,
          failedCallsColumn,
          {
            name: "Median",
            view: ({ measures }) => timeText(measures.calls.medianMs),
            value: ({ measures }) => measures.calls.medianMs,
          },
          {
            name: "P95",
            view: ({ measures }) => timeText(measures.calls.p95Ms),
            value: ({ measures }) => measures.calls.p95Ms,
          },
          ...(answer.groups.some(({ measures }) => measures.calls.elapsedMs !== null) ? [elapsedColumn] : []),
          {
            name: "Refused",
            about: "Calls that you or a rule denied",
            view: ({ measures }) => numberText(measures.refused),
            value: ({ measures }) => measures.refused,
          },
          {
            name: "Waited for you",
            about: "Time that the agent waited for a permission",
            view: ({ measures }) => (measures.permissionWaitMs === 0 ? "–" : durationText(measures.permissionWaitMs)),
            value: ({ measures }) => measures.permissionWaitMs,
          },
          {
            name: "Tokens per session",
            about: `Mean of the newest ${maxSessions} sessions`,
            view: ({ key }) => (tokens.has(key) ? numberText(tokens.get(key) ?? 0) : "–"),
            value: ({ key }) => tokens.get(key) ?? null,
          },
        ],
        rows: answer.groups.filter(isActiveAgent),
        sort: "Calls",
        empty: "No agents in this period.",
      },
      model,
      actions,
    )}
    ${all === 0 || subagents === 0 ? nothing : html`<p class="quiet">Subagents made ${percentText(subagents / all)} of the tool calls.</p>`}
  </section>`;
}

function toolsPanel({ tools }: ToolCalls, model: ViewState, actions: Actions): TemplateResult {
  const rate = ({ failure }: ToolCallStats) => failure?.rate ?? null;
  return html`<section class="panel full">
    <h2>Tools</h2>
    ${dataTable<ToolCallStats>(
      {
        id: "tools",
        caption: "Tools of agents",
        columns: [
          {
            name: "Tool",
            view: ({ name, source }) => groupLink("tool", name, model, actions, { source }),
            value: ({ name }) => toolLabel(name),
            isText: true,
          },
          {
            name: "Agent",
            view: ({ source }) => sourceLabel(source),
            value: ({ source }) => sourceLabel(source),
            isText: true,
          },
          { name: "Calls", view: ({ calls }) => numberText(calls), value: ({ calls }) => calls },
          {
            name: "Failed",
            view: ({ failure, calls }) =>
              failure === null
                ? "–"
                : html`${rateText(failure.rate)}${calls < 10 ? nothing : html` <span class="interval-text">${rateText(failure.low)}–${rateText(failure.high)}</span>`}`,
            value: rate,
          },
          {
            name: "Median",
            view: ({ durations }) => timeText(durations?.medianMs ?? null),
            value: ({ durations }) => durations?.medianMs ?? null,
          },
          {
            name: "P95",
            view: ({ durations }) => timeText(durations?.p95Ms ?? null),
            value: ({ durations }) => durations?.p95Ms ?? null,
          },
        ],
        rows: tools.filter(({ source }) => isAgent(source)),
        text: ({ name, source }) => `${toolLabel(name)} ${sourceLabel(source)}`,
        sort: "Calls",
        empty: "No tool calls of agents in this period.",
      },
      model,
      actions,
    )}
    ${Object.keys(model.view.filters).length === 0 ? nothing : html`<p class="quiet">Shows all agents: filters do not apply.</p>`}
  </section>`;
}

const reasonsPanel = (
  errors: Answer,
  model: ViewState,
  actions: Actions,
): TemplateResult => html`<section class="panel">
  <h2>Why calls failed</h2>
  ${dataTable<Group>(
    {
      id: "agent-errors",
      caption: "Why tool calls failed",
      columns: [
        {
          name: "Reason",
          view: ({ key }) => groupLink("error", key, model, actions),
          value: ({ key }) => key,
          isText: true,
        },
        {
          name: "Calls",
          view: ({ measures }) => numberText(measures.calls.failed + measures.calls.cancelled),
          value: ({ measures }) => measures.calls.failed + measures.calls.cancelled,
        },
      ],
      rows: errors.groups.filter(({ measures }) => measures.calls.failed + measures.calls.cancelled > 0),
      sort: "Calls",
      empty: "No tool call failed.",
    },
    model,
    actions,
  )}
</section>`;

function firstTryPanel({ groups, isCut }: FirstTry, model: ViewState, actions: Actions): TemplateResult {
  return html`<section class="panel two-thirds">
    <h2>Green at the first try</h2>
    ${dataTable<FirstTryGroup>(
      {
        id: "first-try",
        caption: "How often edits pass the next check",
        columns: [
          {
            name: "Agent",
            view: ({ agent }) => groupLink("agent", agent, model, actions),
            value: ({ agent }) => sourceLabel(agent),
            isText: true,
          },
          {
            name: "Model",
            view: ({ model: name }) => (name === "" ? "–" : name),
            value: ({ model: name }) => name,
            isText: true,
          },
          {
            name: "First try",
            view: ({ firstTry }) =>
              firstTry === null
                ? "–"
                : html`${rateText(firstTry.rate)}${firstTry.sample < 10 ? nothing : html` <span class="interval-text">${rateText(firstTry.low)}–${rateText(firstTry.high)}</span>`}`,
            value: ({ firstTry }) => firstTry?.rate ?? null,
          },
          {
            name: "Tries",
            about: "Median until the check succeeds",
            view: ({ medianTries }) => medianTries ?? "–",
            value: ({ medianTries }) => medianTries,
          },
          { name: "Never green", view: ({ red }) => numberText(red), value: ({ red }) => red },
          { name: "Checked", view: ({ checked }) => numberText(checked), value: ({ checked }) => checked },
          {
            name: "Not checked",
            about: "No test, linter or compiler ran within 30 minutes",
            view: ({ unchecked }) => numberText(unchecked),
            value: ({ unchecked }) => unchecked,
          },
        ],
        rows: groups,
        sort: "Checked",
        empty: "No edits of agents with a known workspace in this period.",
      },
      model,
      actions,
    )}
    <p class="quiet">An agent's edits, joined with the next test, linter or compiler in the same workspace within 30 minutes. Whether the edits caused the result is not known.${isCut ? " Only the newest events were read." : ""}</p>
  </section>`;
}

function coveragePanel({ coverage }: ToolCalls, model: ViewState): TemplateResult {
  const row = (one: AgentCoverage) => {
    const { outcome, duration, unended, why } = coverageOf(one);
    return html`<tr>
      <th scope="row">${sourceLabel(one.source)}</th>
      <td class="number">${numberText(one.ended)}</td>
      <td class="number">${unended === null ? "–" : numberText(unended)}</td>
      <td class="number">${outcome}</td>
      <td class="number">${duration}</td>
      <td class="wide">${allTranslated(why)}</td>
    </tr>`;
  };
  const heading = (name: string, at: number) =>
    html`<th class=${at === 0 || at === 5 ? "" : "number"} scope="col">${name}</th>`;
  return html`<section class="panel full">
    <h2>Coverage</h2>
    <div class="scroll"><table>
      <caption class="hidden">How completely each source reports</caption>
      <thead><tr>${["Source", "Completed", "No end recorded", "With outcome", "With duration", "Limitations"].map(heading)}</tr></thead>
      <tbody>${coverage.map(row)}</tbody>
    </table></div>
    ${Object.keys(model.view.filters).length === 0 ? nothing : html`<p class="quiet">Shows all sources: filters do not apply.</p>`}
  </section>`;
}

const noAgents = {
  title: "No agents in this period",
  text: "Connect an agent, or import its history, to see its tool calls, tokens and cost.",
};

export function agentsTab(model: ViewState, actions: Actions): TemplateResult {
  const { view } = model;
  const connections = agentsPanel(model, actions);
  if (hasNothing(model)) return html`${connections} ${emptyState(model, actions, noAgents)}`;
  const found = actions.ask("agents", compared(view, "agent"));
  const answer = found.result;
  if (answer === undefined) return html`${connections} ${pendingView(found, model, actions)}`;
  if (!answer.groups.some(isActiveAgent)) return html`${connections} ${emptyState(model, actions, noAgents)}`;
  const roles = actions.ask("roles", figures(view, { by: "role" })).result;
  const errors = actions.ask("agent errors", figures(view, { by: "error" })).result;
  const tools = actions.ask("tools", { kind: "toolCalls", params: view.period }).result;
  const firstTry = actions.ask("first try", { kind: "firstTry", params: questionOf(view) }).result;
  const sessions = actions.ask("agent sessions", {
    kind: "sessions",
    params: { question: questionOf(view), limit: maxSessions },
  }).result;
  return html`
    ${connections}
    <div class="grid">
      ${costPanel(answer, model, actions)}
      ${workPanel(answer, roles, sessions?.sessions ?? [], model, actions)}
      ${firstTry === undefined ? nothing : firstTry === null ? html`<section class="panel two-thirds"><h2>Green at the first try</h2><p class="quiet">Not available with these filters. Keep only filters on agent, model, source, workspace or origin.</p></section>` : firstTryPanel(firstTry, model, actions)}
      ${errors === undefined ? nothing : reasonsPanel(errors, model, actions)}
      ${tools === undefined ? nothing : html`${toolsPanel(tools, model, actions)} ${coveragePanel(tools, model)}`}
    </div>
  `;
}
