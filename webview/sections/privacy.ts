/** The section "Consent & data": consent, data dictionary, firewall counts, stored data and resource usage. */
import { html, nothing, type TemplateResult } from "lit-html";
import { consentForm } from "../components/consent-form.ts";
import { dataDictionary } from "../components/data-dictionary.ts";
import { dataPanel } from "../components/data-panel.ts";
import { firewallPanel } from "../components/firewall-panel.ts";
import { resourceUsage } from "../components/resource-usage.ts";
import type { Actions, ViewState } from "../state.ts";

export function privacyTab(model: ViewState, actions: Actions): TemplateResult {
  const status = model.state?.status ?? null;
  return html`
    ${consentForm(model, actions)}
    ${dataPanel(model, actions)}
    ${dataDictionary(model.explanation)}
    ${status === null ? nothing : firewallPanel(status)}
    ${status === null || status.resourceUsage === null ? nothing : resourceUsage(status.resourceUsage, status.database)}
  `;
}
