/** Sessions tab: windows, agents and the CLI, each with what it did. */
import { html, type TemplateResult } from "lit-html";
import type { SessionSummary } from "../../shared/protocol/query.ts";
import { clockText, durationText, numberText, percentText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { listCostText, tokensText } from "../../shared/text/lower-bound.ts";
import { dataTable } from "../components/data-table.ts";
import { emptyState } from "../components/empty-state.ts";
import { hasNothing, pendingView } from "../components/pending.ts";
import { questionOf } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";

const maxSessions = 500;

const noSessions = {
  title: "No sessions in this period",
  text: "A session is a VS Code window, a conversation with an agent, or a run of the nexus command.",
};

const failures = ({ measures: { runs, calls } }: SessionSummary): number => runs.failed + calls.failed;
const tokens = ({ measures }: SessionSummary): number => measures.tokens.input + measures.tokens.output;
const who = ({ sources }: SessionSummary): string => [...new Set(sources.map(sourceLabel))].join(", ");

export function sessionsTab(model: ViewState, actions: Actions): TemplateResult {
  const { view, state } = model;
  if (hasNothing(model)) return emptyState(model, actions, noSessions);
  const found = actions.ask("sessions", {
    kind: "sessions",
    params: { question: questionOf(view), limit: maxSessions },
  });
  if (found.result === undefined) return pendingView(found, model, actions);
  const { sessions } = found.result;
  if (sessions.length === 0) return emptyState(model, actions, noSessions);
  const nowMs = state?.nowMs ?? 0;
  const start = ({ startedMs }: SessionSummary) => clockText(startedMs, nowMs);
  const link = (session: SessionSummary) =>
    html`<button class="link name" aria-label="Session of ${start(session)}, ${who(session)}" @click=${() => actions.go({ subject: { by: "session", key: session.id } })}>${start(session)}</button>`;
  const number = (value: number) => (value === 0 ? "–" : numberText(value));
  return html`<section class="panel">
    <h2>Sessions</h2>
    ${dataTable<SessionSummary>(
      {
        id: "sessions",
        caption: "Sessions",
        columns: [
          { name: "Start", view: link, value: ({ startedMs }) => startedMs },
          { name: "Who", view: who, value: who, isText: true },
          {
            name: "Duration",
            view: ({ startedMs, endedMs }) => durationText(endedMs - startedMs),
            value: ({ startedMs, endedMs }) => endedMs - startedMs,
          },
          {
            name: "Commands",
            view: ({ measures }) => number(measures.runs.count),
            value: ({ measures }) => measures.runs.count,
          },
          { name: "Turns", view: ({ measures }) => number(measures.turns), value: ({ measures }) => measures.turns },
          {
            name: "Calls",
            view: ({ measures }) => number(measures.calls.count),
            value: ({ measures }) => measures.calls.count,
          },
          { name: "Failed", view: (session) => number(failures(session)), value: failures },
          { name: "Tokens", view: ({ measures }) => tokensText(measures), value: tokens },
          {
            name: "Cost",
            view: ({ measures }) => listCostText(measures),
            value: ({ measures }) => measures.cost.listUsd,
          },
          {
            name: "Subagents",
            about: "Share of the tool calls",
            view: ({ subagentCalls, measures }) =>
              subagentCalls === 0 ? "–" : percentText(subagentCalls / measures.calls.count),
            value: ({ subagentCalls }) => subagentCalls,
          },
        ],
        rows: sessions,
        text: who,
        sort: "Start",
        empty: "No sessions.",
        size: 25,
      },
      model,
      actions,
    )}
    ${sessions.length < maxSessions ? "" : html`<p class="quiet">The newest ${numberText(maxSessions)} sessions of the period. A shorter period shows earlier ones.</p>`}
  </section>`;
}
