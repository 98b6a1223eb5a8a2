/** The dashboard's frame: title, mode, problems and tabs. */

import { html, nothing, type TemplateResult } from "lit";
import { type Tab, tabs } from "../shared/protocol/dashboard.ts";
import { modeMessage, refusalMessage } from "../shared/text/sentences.ts";
import type { Actions, ViewState } from "./state.ts";
import { insightsTab } from "./tabs/insights.ts";
import { overviewTab } from "./tabs/overview.ts";
import { privacyTab } from "./tabs/privacy.ts";
import { sharingTab } from "./tabs/sharing.ts";
import { statusTab } from "./tabs/status.ts";
import { toolsTab } from "./tabs/tools.ts";
import { translated } from "./translate.ts";

const titles: Readonly<Record<Tab, string>> = {
  overview: "Overview",
  insights: "Insights",
  tools: "Tools & agents",
  sharing: "Sharing",
  privacy: "Privacy",
  status: "Status",
};
const views: Readonly<Record<Tab, (model: ViewState, actions: Actions) => TemplateResult>> = {
  overview: overviewTab,
  insights: insightsTab,
  tools: toolsTab,
  sharing: sharingTab,
  privacy: privacyTab,
  status: statusTab,
};
const modeNames = { off: "Off", local: "Local", share: "Sharing" } as const;

/** Moves between tabs with the arrow keys, Home and End, as the ARIA tab pattern requires. */
function moveTab(event: KeyboardEvent, current: Tab, change: Actions["setState"]): void {
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
  change({ tab });
  document.getElementById(`tab-${tab}`)?.focus();
}

export function dashboard(model: ViewState, actions: Actions): TemplateResult {
  const { state, tab } = model;
  const messages = [...(state?.problems ?? []), state?.failure, state?.status?.problem?.message];
  const shown = messages.filter((one) => one !== undefined && one !== null).map(translated);
  const problems = [...new Set(shown)];
  return html`
    <header>
      <h1>Nexus Telemetry</h1>
      ${state === null ? nothing : html`<span class="mode">${modeNames[state.permission.mode]}</span>`}
    </header>
    <p class="quiet">${state === null ? "Loading…" : translated(modeMessage(state.permission))}</p>
    <div role="tablist" aria-label="Dashboard tabs">
      ${tabs.map(
        (name) => html`<button
          role="tab"
          id="tab-${name}"
          aria-selected=${name === tab}
          aria-controls="panel"
          tabindex=${name === tab ? 0 : -1}
          @click=${() => actions.setState({ tab: name })}
          @keydown=${(event: KeyboardEvent) => moveTab(event, tab, actions.setState)}
        >${titles[name]}</button>`,
      )}
    </div>
    <div role="status" aria-live="polite">
      ${
        model.done === null
          ? nothing
          : html`<div class="notice spread">
        <p>${model.done}</p>
        <button class="link" aria-label="Close" @click=${() => actions.setState({ done: null })}>✕</button>
      </div>`
      }
    </div>
    ${problems.map((text) => html`<div class="notice warning" role="alert"><p>${text}</p></div>`)}
    ${(state?.permission.refusals ?? []).map(
      (refusal) => html`<div class="notice"><p>${translated(refusalMessage(refusal))}</p></div>`,
    )}
    <div role="tabpanel" id="panel" aria-labelledby="tab-${tab}" aria-busy=${state === null || state.busy}>
      ${state === null ? nothing : views[tab](model, actions)}
    </div>
  `;
}
