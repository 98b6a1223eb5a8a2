/** Sharing: what may be sent and where to, what waits, the exact next bytes, and the proof of what was sent. */
import { html, nothing, type TemplateResult } from "lit";
import { notice } from "../../shared/consent/notice.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import type { Category } from "../../shared/schema/categories.ts";
import { countText, erasuresText, pendingText, sizeText } from "../../shared/text/format.ts";
import { categoryCheckboxes } from "../components/category-checkboxes.ts";
import { confirmButton, confirmDialog } from "../components/confirm-dialog.ts";
import type { Actions, ViewState } from "../state.ts";

/** More of the bytes is not drawn: they can be printed whole on a terminal. */
const maxShown = 20_000;

const time = (ms: number): string => new Date(ms).toLocaleString();

function consentView(model: ViewState, sharing: SharingStatus, { setState, post }: Actions): TemplateResult {
  const { state } = model;
  if (state === null) return html``;
  const { permission, notice: shown } = state;
  const { address } = sharing;
  if (address === null) {
    return html`<section class="panel">
      <h2>${notice.sharing.title}</h2>
      <p>${notice.sharing.intro}</p>
      <p>No destination is set, so nothing can be shared. Set <code>upload_url</code> in
        <span class="path">${state.status?.configPath ?? "config.toml"}</span>, or <code>NEXUS_USAGE_UPLOAD_URL</code>, to the address of a server.</p>
    </section>`;
  }
  const { collect } = permission;
  const given = permission.agreedShare.length > 0 && permission.agreedDestination === address;
  const agreed = given ? permission.agreedShare : [];
  const ticked = (model.selectedForSharing ?? agreed).filter((name) => collect.includes(name));
  const automatic = model.automatic ?? permission.automatic;
  const changed =
    ticked.length !== agreed.length ||
    ticked.some((name) => !agreed.includes(name)) ||
    automatic !== permission.automatic;
  const decide = (share: readonly Category[]) =>
    post({
      type: "giveConsent",
      mode: share.length === 0 ? "local" : "share",
      collect,
      share,
      destination: share.length === 0 ? null : address,
      automatic: share.length > 0 && automatic,
      notice: shown,
    });
  const setAutomatic = (event: Event) =>
    setState({ automatic: event.target instanceof HTMLInputElement && event.target.checked });
  return html`<section class="panel">
    <h2>${notice.sharing.title}</h2>
    <p>${notice.sharing.intro}</p>
    <p>${notice.sharing.proof}</p>
    <p>Destination: <strong class="path">${address}</strong>, in upload schema ${sharing.schema}.</p>
    <fieldset>
      <legend class="hidden">What may be shared</legend>
      <div class="row">
        <button class="second" @click=${() => setState({ selectedForSharing: [...collect] })}>Tick all</button>
        ${given ? nothing : html`<span class="quiet">Nothing is ticked for you.</span>`}
      </div>
      ${categoryCheckboxes("share", collect, ticked, (names) => setState({ selectedForSharing: names }))}
      <div class="choice">
        <input type="checkbox" id="share-automatic" .checked=${automatic} @change=${setAutomatic} />
        <label for="share-automatic">Send by itself</label>
        <p>Without it, something is sent only when you say so.</p>
      </div>
      <div class="row choices">
        <button ?disabled=${ticked.length === 0 || (given && !changed)} @click=${() => decide(ticked)}>
          ${given ? "Save" : `Share this with ${sharing.destination}`}
        </button>
        ${given ? html`<button class="second" @click=${() => decide([])}>Stop sharing</button>` : nothing}
      </div>
    </fieldset>
  </section>`;
}

function standingOf({
  pending,
  waiting,
  syncing,
  syncedMs,
  paused,
  failure,
  retryAtMs,
}: SharingStatus): readonly string[] {
  const isWaiting = paused === null && failure !== null && (retryAtMs ?? 0) > Date.now();
  return [
    isWaiting
      ? failure
      : pending === 0
        ? "No events are waiting."
        : `${pendingText(pending)} may be sent, ${waiting} of them in the outbox.`,
    ...(syncing ? ["Sending now."] : []),
    ...(paused === null ? [] : [`Sending is paused. ${paused}. Sync tries again.`]),
    syncedMs === null ? "Not synced yet." : `Last synced ${time(syncedMs)}.`,
  ];
}

function outboxView(
  { state, preview }: ViewState,
  sharing: SharingStatus,
  { post, setState }: Actions,
): TemplateResult {
  const sharingNow = state?.permission.mode === "share";
  const busy = state?.busy ?? true;
  return html`<section class="panel">
    <h2>To be sent</h2>
    ${sharingNow ? standingOf(sharing).map((line) => html`<p>${line}</p>`) : html`<p>Nothing is sent: you have not agreed to share, or somebody says no.</p>`}
    <div class="row">
      ${sharingNow ? html`<button ?disabled=${busy} @click=${() => post({ type: "sync" })}>Sync now</button>` : nothing}
      ${
        preview === null
          ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "preview" })}>Show the next bytes</button>`
          : html`<button class="second" @click=${() => setState({ preview: null })}>Hide the bytes</button>`
      }
    </div>
    ${previewView(preview)}
  </section>`;
}

function previewView(preview: ViewState["preview"]): TemplateResult {
  if (preview === null) return html``;
  if (preview === "none") return html`<p class="quiet">Nothing is to be sent.</p>`;
  const { body, events, placeholder } = preview;
  const hidden = body.length - maxShown;
  return html`
    <p>
      ${countText(events, "event")}, ${sizeText(body.length)}.
      ${placeholder ? "As it would be if you agreed to share everything that is recorded; the id stands for one that does not exist yet." : "These are the bytes that will be sent."}
    </p>
    <pre class="bytes" tabindex="0" aria-label="The next bytes">${body.slice(0, maxShown)}</pre>
    ${hidden > 0 ? html`<p class="quiet">${sizeText(hidden)} more. <code>nexus usage upload --dry-run --json</code> prints all.</p>` : nothing}
  `;
}

function ledgerView({ ledger }: ViewState): TemplateResult {
  if (ledger === null) return html``;
  if (ledger.length === 0) return html`<p class="quiet">Nothing was ever sent.</p>`;
  return html`<div class="scroll"><table>
    <thead><tr><th class="number" scope="col">Entry</th><th scope="col">When</th><th scope="col">What</th><th scope="col">Receipt</th></tr></thead>
    <tbody>${ledger.map(
      ({ seq, tsMs, sentence, receipt }) => html`<tr>
        <td class="number">${seq}</td><td>${time(tsMs)}</td><td class="wide">${sentence}</td><td>${receipt ? "signed" : "–"}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function proofView(model: ViewState, sharing: SharingStatus, actions: Actions): TemplateResult {
  const { state, confirming, ledger } = model;
  const { post, setState } = actions;
  const busy = state?.busy ?? true;
  const { receipts, rejected, erasures, sharedWith } = sharing;
  const question = "Ask the server to erase all that you ever shared? It cannot be brought back.";
  return html`<section class="panel">
    <h2>What was sent</h2>
    ${receipts === null ? nothing : html`<p>${receipts ? "The server signs a receipt for each batch; the ledger keeps it." : "The server gives no receipts; the ledger says so."}</p>`}
    ${rejected > 0 ? html`<p>The server refused ${countText(rejected, "batch", "batches")}; they lie in <span class="path">rejected/</span> in the outbox, with the reason.</p>` : nothing}
    ${erasures > 0 ? html`<p role="status">Erasure of what you shared: ${erasuresText(sharing)}.</p>` : nothing}
    <div class="row">
      ${
        ledger === null
          ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "showLedger" })}>Show the ledger</button>`
          : html`<button class="second" @click=${() => setState({ ledger: null })}>Hide the ledger</button>`
      }
      <button class="second" ?disabled=${busy} @click=${() => post({ type: "verifyLedger" })}>Verify the ledger</button>
      ${sharedWith > 0 && confirming !== "erase" ? confirmButton("erase", "Erase what I shared…", model, actions) : nothing}
    </div>
    ${confirmDialog("erase", { question, yes: "Erase", action: { type: "eraseRemotely" } }, model, actions)}
    ${ledgerView(model)}
  </section>`;
}

export function sharingTab(model: ViewState, actions: Actions): TemplateResult {
  const sharing = model.state?.status?.sharing ?? null;
  const consent = model.state?.permission.consent;
  if (consent !== "given") {
    return html`<section class="panel empty">
      <h2>Nothing is shared</h2>
      <p>Sharing begins with recording: decide under Privacy what may be recorded.</p>
      <button @click=${() => actions.setState({ tab: "privacy" })}>Open Privacy</button>
    </section>
    ${sharing !== null && sharing.sharedWith > 0 ? proofView(model, sharing, actions) : nothing}`;
  }
  if (sharing === null)
    return html`<section class="panel empty"><p class="quiet">How sharing stands is not known at present.</p></section>`;
  return html`${consentView(model, sharing, actions)} ${outboxView(model, sharing, actions)} ${proofView(model, sharing, actions)}`;
}
