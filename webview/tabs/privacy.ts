/** Privacy tab: consent, data dictionary, firewall counts, stored data and resource usage. */
import { html, nothing, type TemplateResult } from "lit";
import { notice } from "../../shared/consent/notice.ts";
import { type Category, categories } from "../../shared/schema/categories.ts";
import { categoryCheckboxes } from "../components/category-checkboxes.ts";
import { dataDictionary } from "../components/data-dictionary.ts";
import { dataPanel } from "../components/data-panel.ts";
import { firewallPanel } from "../components/firewall-panel.ts";
import { resourceUsage } from "../components/resource-usage.ts";
import type { Actions, ViewState } from "../state.ts";

function consentView({ state, selected: edited }: ViewState, { setState, post }: Actions): TemplateResult {
  if (state === null) return html``;
  const { permission, notice: displayed } = state;
  const hasConsent = permission.consent === "given";
  const { agreed } = permission;
  const selected = edited ?? agreed;
  const isChanged =
    edited !== null && (edited.length !== agreed.length || edited.some((name) => !agreed.includes(name)));
  const saveConsent = (collect: readonly Category[]) => {
    // Sharing continues for categories that are still recorded, if the destination is unchanged.
    const share = permission.agreedShare.filter((name) => collect.includes(name));
    const destination = state.status?.sharing?.address ?? null;
    const isShared = share.length > 0 && destination !== null && destination === permission.agreedDestination;
    post({
      type: "giveConsent",
      mode: collect.length === 0 ? "off" : isShared ? "share" : "local",
      collect,
      share: isShared ? share : [],
      destination: isShared ? destination : null,
      automatic: isShared && permission.automatic,
      notice: displayed,
    });
  };
  return html`<section class="panel">
    <h2>${notice.title}</h2>
    <p>${notice.intro}</p>
    <fieldset>
      <legend class="hidden">What may be recorded</legend>
      <div class="row">
        <button class="second" @click=${() => setState({ selected: [...categories] })}>Select all</button>
        ${hasConsent ? nothing : html`<span class="quiet">Nothing is preselected.</span>`}
      </div>
      ${categoryCheckboxes("record", categories, selected, (names) => setState({ selected: names }))}
      <div class="row choices">
        ${
          hasConsent
            ? html`<button ?disabled=${!isChanged || selected.length === 0} @click=${() => saveConsent(selected)}>Save</button>
                <button class="second" @click=${() => saveConsent([])}>Withdraw consent</button>`
            : html`<button ?disabled=${selected.length === 0} @click=${() => saveConsent(selected)}>Record on this machine</button>
                <button class="second" @click=${() => saveConsent([])}>Do not record</button>`
        }
      </div>
      ${selected.length > 0 && !selected.includes("tool_usage") ? html`<p class="quiet">Without ${notice.categories.tool_usage.title.toLowerCase()}, terminal commands are not recorded.</p>` : nothing}
    </fieldset>
    <p class="quiet">${notice.rights}</p>
    <p class="quiet">Sharing is a separate choice (Sharing tab).</p>
  </section>`;
}

export function privacyTab(model: ViewState, actions: Actions): TemplateResult {
  const status = model.state?.status ?? null;
  return html`
    ${consentView(model, actions)}
    <section class="panel">
      <h2>Never recorded</h2>
      <ul>${notice.never.map((line) => html`<li>${line}</li>`)}</ul>
    </section>
    ${dataDictionary()}
    ${status === null ? nothing : firewallPanel(status)}
    ${dataPanel(model, actions)}
    ${status === null || status.resourceUsage === null ? nothing : resourceUsage(status.resourceUsage, status.database)}
  `;
}
