/** Privacy: the consent by category in plain words, what is never recorded, and the way back out. */
import { html, nothing, type TemplateResult } from "lit";
import { type Category, categories } from "../shared/categories.ts";
import { notice } from "../shared/consent-text.ts";
import { countText, sizeText } from "../shared/words.ts";
import type { Deeds, Model } from "./model.ts";
import { ticksView } from "./ticks-view.ts";

function consentView({ state, ticked: own }: Model, { change, tell }: Deeds): TemplateResult {
  if (state === null) return html``;
  const { permission, notice: shown } = state;
  const given = permission.consent === "given";
  const ticked = own ?? permission.agreed;
  const changed =
    own !== null && (own.length !== permission.agreed.length || own.some((name) => !permission.agreed.includes(name)));
  const decide = (collect: readonly Category[]) => {
    // What is shared goes on being shared, as far as it is still recorded and goes where it was agreed to.
    const share = permission.agreedShare.filter((name) => collect.includes(name));
    const destination = state.status?.sharing?.destination ?? null;
    const on = share.length > 0 && destination !== null && destination === permission.agreedDestination;
    tell({
      do: "decide",
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
        <button class="second" @click=${() => change({ ticked: [...categories] })}>Tick all</button>
        ${given ? nothing : html`<span class="quiet">Nothing is ticked for you.</span>`}
      </div>
      <div class="ticks">${ticksView("tick", categories, ticked, (names) => change({ ticked: names }))}</div>
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

function dataView({ state, confirming }: Model, { change, tell }: Deeds): TemplateResult {
  const database = state?.status?.database ?? null;
  const busy = state?.busy ?? true;
  if (database === null) {
    const unknown =
      state?.status === null ? state.permission.consent !== "never_asked" : state?.status.problem !== null;
    const sentence = unknown ? "What is stored cannot be read at present." : "Nothing is stored.";
    return html`<section class="panel"><h2>Your data</h2><p class="quiet">${sentence}</p></section>`;
  }
  const keep = () => change({ confirming: null });
  const keepOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape") keep();
  };
  const amount = `${countText(database.events, "event")} of ${countText(database.sessions, "session")} (${sizeText(database.sizeBytes)})`;
  return html`<section class="panel">
    <h2>Your data</h2>
    <p>${amount} in <span class="path">${database.path}</span></p>
    ${
      confirming === "purge"
        ? html`<div class="notice warning" role="alertdialog" aria-labelledby="purge-question" @keydown=${keepOnEscape}>
            <div>
              <p id="purge-question">Delete ${amount}? This cannot be undone. Your consent stays as it is. What you shared stays with the server until you ask it to erase it (Sharing).</p>
              <div class="row">
                <button ?disabled=${busy} @click=${() => tell({ do: "purge" })}>Delete</button>
                <button class="second" id="purge-keep" @click=${keep}>Keep</button>
              </div>
            </div>
          </div>`
        : html`<div class="row">
            <button class="second" ?disabled=${busy} @click=${() => tell({ do: "exportAll" })}>Export…</button>
            <button class="second" id="purge-ask" ?disabled=${busy} @click=${() => change({ confirming: "purge" })}>Purge…</button>
          </div>`
    }
  </section>`;
}

export function privacyView(model: Model, deeds: Deeds): TemplateResult {
  return html`
    ${consentView(model, deeds)}
    <section class="panel">
      <h2>Never recorded</h2>
      <ul>${notice.never.map((line) => html`<li>${line}</li>`)}</ul>
    </section>
    ${dataView(model, deeds)}
  `;
}
