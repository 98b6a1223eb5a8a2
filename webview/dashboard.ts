/** The dashboard's frame: header, tabs, messages, the current tab and the drawer. */

import { html, nothing, type TemplateResult } from "lit-html";
import { type Tab, tabs } from "../shared/protocol/dashboard.ts";
import { modeMessage } from "../shared/text/sentences.ts";
import { drawer } from "./components/drawer.ts";
import { filterBar } from "./components/filter-bar.ts";
import { hasNothing } from "./components/pending.ts";
import { sampleBanner } from "./components/sample-banner.ts";
import { messagesOf, type StateMessage } from "./data/messages.ts";
import type { Actions, ViewState } from "./state.ts";
import { agentsTab } from "./tabs/agents.ts";
import { commandsTab } from "./tabs/commands.ts";
import { dataTab } from "./tabs/data.ts";
import { insightsTab } from "./tabs/insights.ts";
import { overviewTab } from "./tabs/overview.ts";
import { sessionsTab } from "./tabs/sessions.ts";
import { translated } from "./translate.ts";

const titles: Readonly<Record<Tab, string>> = {
  overview: "Overview",
  commands: "Commands",
  agents: "Agents",
  sessions: "Sessions",
  insights: "Insights",
  data: "Data & privacy",
};
const views: Readonly<Record<Tab, (model: ViewState, actions: Actions) => TemplateResult>> = {
  overview: overviewTab,
  commands: commandsTab,
  agents: agentsTab,
  sessions: sessionsTab,
  insights: insightsTab,
  data: dataTab,
};
const modeNames = { off: "Off", local: "Recording locally", share: "Recording and sharing" } as const;

/** Moves between tabs with the arrow keys, Home and End, as the ARIA tab pattern requires. */
function moveTab(event: KeyboardEvent, current: Tab, { go }: Actions): void {
  if (event.altKey) return;
  const at = tabs.indexOf(current);
  const targets: Readonly<Record<string, number>> = {
    ArrowRight: (at + 1) % tabs.length,
    ArrowLeft: (at + tabs.length - 1) % tabs.length,
    Home: 0,
    End: tabs.length - 1,
  };
  const tab = tabs[targets[event.key] ?? -1];
  if (tab === undefined) return;
  event.preventDefault();
  go({ tab, subject: null });
  document.getElementById(`tab-${tab}`)?.focus();
}

function headerView(model: ViewState, actions: Actions): TemplateResult {
  const { state } = model;
  const isLive =
    state !== null && state.permission.mode !== "off" && state.failure === null && state.problems.length === 0;
  return html`<header>
    <h1>Nexus</h1>
    ${
      state === null
        ? html`<span class="quiet">Loading…</span>`
        : html`<span class="mode ${isLive ? "live" : ""}" title=${translated(modeMessage(state.permission))}>${state.sample ? "Sample data" : modeNames[state.permission.mode]}</span>`
    }
    <span class="row steps">
      <button class="icon" aria-label="Back" title="Back (Alt+Left)" ?disabled=${!model.canGoBack} @click=${actions.back}>←</button>
      <button class="icon" aria-label="Forward" title="Forward (Alt+Right)" ?disabled=${!model.canGoForward} @click=${actions.forward}>→</button>
    </span>
    <span class="spacer"></span>
    ${state?.status?.database == null ? nothing : html`<button class="second" ?disabled=${state.busy} @click=${() => actions.post({ type: "exportAll" })}>Export…</button>`}
  </header>`;
}

/** Messages can be closed. */
function messagesView({ state, done, closed, view }: ViewState, { setState, post, go }: Actions): TemplateResult {
  const { problems, refusals } = messagesOf(state);
  const close = (text: string) =>
    html`<button class="icon" aria-label="Close" @click=${() => setState({ closed: [...closed, text] })}>✕</button>`;
  const isOpen = ({ text }: StateMessage) => !closed.includes(text);
  const remedyView = ({ remedy }: StateMessage) =>
    remedy === undefined
      ? nothing
      : html`<button class="second" @click=${() => ("go" in remedy.action ? go(remedy.action.go) : post(remedy.action))}>${remedy.button}</button>`;
  const actionsView = (message: StateMessage) =>
    html`<span class="row">${remedyView(message)}${close(message.text)}</span>`;
  return html`
    <div role="status" aria-live="polite">
      ${done === null || view.subject !== null ? nothing : html`<div class="notice spread"><p>${done}</p><button class="icon" aria-label="Close" @click=${() => setState({ done: null })}>✕</button></div>`}
    </div>
    ${problems.filter(isOpen).map((message) => html`<div class="notice warning spread" role="alert"><p>${message.text}</p>${actionsView(message)}</div>`)}
    ${refusals.filter(isOpen).map((message) => html`<div class="notice spread"><p>${message.text}</p>${actionsView(message)}</div>`)}
  `;
}

/** On a narrower page the drawer covers everything. */
const narrowPx = 640;

export function dashboard(model: ViewState, actions: Actions): TemplateResult {
  const { state } = model;
  const { tab } = model.view;
  const subject = state === null || hasNothing(model) ? null : model.view.subject;
  const filters = tab === "data" ? nothing : filterBar(model, actions);
  // Asks its questions at once; the answers are shown together with the state.
  const content = state === null && tab === "data" ? nothing : views[tab](model, actions);
  return html`
    <div ?inert=${subject !== null && window.innerWidth < narrowPx}>
    ${headerView(model, actions)}
    <div role="tablist" aria-label="Dashboard tabs">
      ${tabs.map(
        (name) => html`<button
          role="tab"
          id="tab-${name}"
          aria-selected=${name === tab}
          aria-controls="panel"
          tabindex=${name === tab ? 0 : -1}
          @click=${() => actions.go({ tab: name, subject: null })}
          @keydown=${(event: KeyboardEvent) => moveTab(event, tab, actions)}
        >${titles[name]}</button>`,
      )}
    </div>
    ${state?.sample === true && tab !== "data" ? sampleBanner(state.permission.consent === "never_asked", actions) : nothing}
    ${state === null || (state.permission.mode === "off" && (!state.sample || tab === "data")) ? html`<p class="quiet">${state === null ? "" : translated(modeMessage(state.permission))}</p>` : nothing}
    ${messagesView(model, actions)}
    <div role="tabpanel" id="panel" aria-labelledby="tab-${tab}" aria-busy=${state === null || state.busy}>
      ${state === null ? nothing : html`${filters} ${content}`}
    </div>
    </div>
    ${subject === null ? nothing : drawer(model, actions, subject)}
  `;
}
