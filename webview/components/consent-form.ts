/** Consent to recording: what is stored, three groups of categories, and the choice. Nothing is preselected. */
import { html, nothing, type TemplateResult } from "lit-html";
import {
  type AskedCategory,
  askedCategories,
  type CategoryGroup,
  categoryGroups,
} from "../../shared/consent/category-groups.ts";
import { categoryTexts, notice } from "../../shared/consent/notice.ts";
import type { Category } from "../../shared/schema/categories.ts";
import type { Actions, ViewState } from "../state.ts";
import { categoryCheckboxes } from "./category-checkboxes.ts";

type Change = (selected: readonly Category[]) => void;

const isChecked = (event: Event): boolean => event.target instanceof HTMLInputElement && event.target.checked;

function examplesView(): TemplateResult {
  return html`<table class="examples">
    <thead><tr><th scope="col">What happens</th><th scope="col">What is stored</th></tr></thead>
    <tbody>${notice.examples.map(
      ([action, stored]) => html`<tr><td><code>${action}</code></td><td><code>${stored}</code></td></tr>`,
    )}</tbody>
  </table>`;
}

function groupView(group: CategoryGroup, selected: readonly Category[], onChange: Change): TemplateResult {
  const { id } = group;
  const names: readonly AskedCategory[] = group.categories;
  const { title, text } = notice.groups[id];
  const count = names.filter((name) => selected.includes(name)).length;
  const others = selected.filter((name) => !names.some((own) => own === name));
  const toggle = (event: Event) => onChange(isChecked(event) ? [...others, ...names] : others);
  return html`<div class="choice">
    <input
      type="checkbox"
      id="group-${id}"
      aria-describedby="group-about-${id}"
      .checked=${count === names.length}
      .indeterminate=${count > 0 && count < names.length}
      @change=${toggle}
    />
    <label for="group-${id}">${title}</label>
    <p id="group-about-${id}">${text}</p>
    <details>
      <summary aria-label="Details: ${title}">Details</summary>
      ${categoryCheckboxes(
        "record",
        names,
        selected,
        (name) => categoryTexts[name].text,
        (own) => onChange([...others, ...own]),
      )}
    </details>
  </div>`;
}

function earlierView(isSelected: boolean, onChange: (selected: boolean) => void): TemplateResult {
  return html`<div class="choice">
    <input type="checkbox" id="earlier-events" aria-describedby="earlier-about" .checked=${isSelected} @change=${(event: Event) => onChange(isChecked(event))} />
    <label for="earlier-events">${notice.earlier.title}</label>
    <p id="earlier-about">${notice.earlier.text}</p>
  </div>`;
}

export function consentForm(model: ViewState, { setState, post }: Actions): TemplateResult {
  const { state } = model;
  if (state === null) return html``;
  const { permission, notice: displayed } = state;
  const { agreed, earlierEvents } = permission;
  const hasConsent = permission.consent === "given";
  const selected = model.selected ?? agreed;
  const earlier = model.earlierEvents ?? earlierEvents;
  const isChanged =
    selected.length !== agreed.length || selected.some((name) => !agreed.includes(name)) || earlier !== earlierEvents;
  const save = (collect: readonly Category[]) => {
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
      schema: isShared ? permission.agreedSchema : 1,
      earlierEvents: collect.length > 0 && earlier,
      notice: displayed,
    });
  };
  return html`<section class="panel consent">
    <h2>${notice.title}</h2>
    <p>${notice.intro}</p>
    <div class="columns">
      <div>
        ${examplesView()}
        <p class="quiet never">Never recorded: ${notice.never.join("; ")}.</p>
      </div>
      <fieldset>
        <legend class="hidden">What may be recorded</legend>
        ${categoryGroups.map((group) => groupView(group, selected, (names) => setState({ selected: names })))}
        ${earlierView(earlier, (isSelected) => setState({ earlierEvents: isSelected }))}
      </fieldset>
    </div>
    <p>${notice.effect}</p>
    <div class="row bar">
      ${
        hasConsent
          ? html`<button ?disabled=${!isChanged || selected.length === 0} @click=${() => save(selected)}>Save</button>
              <button class="second" @click=${() => save([])}>Withdraw consent</button>`
          : html`<button ?disabled=${selected.length === 0} @click=${() => save(selected)}>Record on this machine</button>
              <button class="second" @click=${() => save([])}>Do not record</button>`
      }
      <button class="second" @click=${() => setState({ selected: [...askedCategories] })}>Select all</button>
      ${hasConsent ? nothing : html`<span class="quiet">Nothing is preselected.</span>`}
    </div>
    <details>
      <summary>Retention, your rights, contact</summary>
      <p>${notice.retention}</p>
      <table>
        <tbody>${notice.rights.map(([right, command]) => html`<tr><td class="wide">${right}</td><td><code>${command}</code></td></tr>`)}</tbody>
      </table>
      <p>${notice.contact} Version ${displayed.version} of this notice. Sharing is a separate choice (section Sharing).</p>
    </details>
  </section>`;
}
