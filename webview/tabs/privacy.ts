/** Privacy: the consent by category in plain words, what is and what never is recorded, what is kept, and the way back out. */
import { html, nothing, type TemplateResult } from "lit";
import { notice } from "../../shared/consent/notice.ts";
import { type Category, categories } from "../../shared/schema/categories.ts";
import { categoryCheckboxes } from "../components/category-checkboxes.ts";
import { dataDictionary } from "../components/data-dictionary.ts";
import { dataPanel } from "../components/data-panel.ts";
import { firewallPanel } from "../components/firewall-panel.ts";
import { resourceUsage } from "../components/resource-usage.ts";
import type { Actions, ViewState } from "../state.ts";

function consentView({ state, selected: own }: ViewState, { setState, post }: Actions): TemplateResult {
  if (state === null) return html``;
  const { permission, notice: shown } = state;
  const given = permission.consent === "given";
  const ticked = own ?? permission.agreed;
  const changed =
    own !== null && (own.length !== permission.agreed.length || own.some((name) => !permission.agreed.includes(name)));
  const decide = (collect: readonly Category[]) => {
    // What is shared goes on being shared, as far as it is still recorded and goes where it was agreed to.
    const share = permission.agreedShare.filter((name) => collect.includes(name));
    const destination = state.status?.sharing?.address ?? null;
    const on = share.length > 0 && destination !== null && destination === permission.agreedDestination;
    post({
      type: "giveConsent",
      mode: collect.length === 0 ? "off" : on ? "share" : "local",
      collect,
      share: on ? share : [],
      destination: on ? destination : null,
      automatic: on && permission.automatic,
      notice: shown,
    });
  };
  return html`<section class="panel">
    <h2>${notice.title}</h2>
    <p>${notice.intro}</p>
    <fieldset>
      <legend class="hidden">What may be recorded</legend>
      <div class="row">
        <button class="second" @click=${() => setState({ selected: [...categories] })}>Tick all</button>
        ${given ? nothing : html`<span class="quiet">Nothing is ticked for you.</span>`}
      </div>
      ${categoryCheckboxes("tick", categories, ticked, (names) => setState({ selected: names }))}
      <div class="row choices">
        ${
          given
            ? html`<button ?disabled=${!changed || ticked.length === 0} @click=${() => decide(ticked)}>Save</button>
                <button class="second" @click=${() => decide([])}>Withdraw consent</button>`
            : html`<button ?disabled=${ticked.length === 0} @click=${() => decide(ticked)}>Record this, on this machine only</button>
                <button class="second" @click=${() => decide([])}>No, record nothing</button>`
        }
      </div>
      ${ticked.length > 0 && !ticked.includes("tool_usage") ? html`<p class="quiet">Without ${notice.categories.tool_usage.title.toLowerCase()}, commands are not recorded.</p>` : nothing}
    </fieldset>
    <p class="quiet">${notice.rights}</p>
    <p class="quiet">Whether anything is shared is asked apart, under Sharing.</p>
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
