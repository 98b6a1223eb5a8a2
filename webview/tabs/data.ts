/** Data & privacy tab: consent and data, sharing, and status. */
import { html, type TemplateResult } from "lit-html";
import { type Section, sections } from "../../shared/protocol/dashboard.ts";
import { privacyTab } from "../sections/privacy.ts";
import { sharingTab } from "../sections/sharing.ts";
import { statusTab } from "../sections/status.ts";
import type { Actions, ViewState } from "../state.ts";

const titles: Readonly<Record<Section, string>> = { privacy: "Consent & data", sharing: "Sharing", status: "Status" };
const views: Readonly<Record<Section, (model: ViewState, actions: Actions) => TemplateResult>> = {
  privacy: privacyTab,
  sharing: sharingTab,
  status: statusTab,
};

export function dataTab(model: ViewState, actions: Actions): TemplateResult {
  const { section } = model.view;
  return html`
    <div class="segments sections" role="group" aria-label="Parts">
      ${sections.map((name) => html`<button id="section-${name}" aria-pressed=${name === section} @click=${() => actions.go({ section: name })}>${titles[name]}</button>`)}
    </div>
    ${views[section](model, actions)}
  `;
}
