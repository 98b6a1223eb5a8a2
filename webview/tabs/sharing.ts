/** Sharing tab: consent to share, destination, pending uploads, the next batch, and the ledger. */

import { html, nothing, type TemplateResult } from "lit";
import { notice } from "../../shared/consent/notice.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import type { Category } from "../../shared/schema/categories.ts";
import { countText, sizeText } from "../../shared/text/format.ts";
import { erasuresMessages, pendingText } from "../../shared/text/sentences.ts";
import { categoryCheckboxes } from "../components/category-checkboxes.ts";
import { confirmButton, confirmDialog } from "../components/confirm-dialog.ts";
import type { Actions, ViewState } from "../state.ts";
import { allTranslated, translated } from "../translate.ts";

/** Characters of a batch to display; the CLI prints the complete batch. */
const maxShown = 20_000;

const time = (ms: number): string => new Date(ms).toLocaleString();

function consentView(model: ViewState, sharing: SharingStatus, { setState, post }: Actions): TemplateResult {
  const { state } = model;
  if (state === null) return html``;
  const { permission, notice: displayed } = state;
  const { address } = sharing;
  if (address === null) {
    return html`<section class="panel">
      <h2>${notice.sharing.title}</h2>
      <p>${notice.sharing.intro}</p>
      <p>No destination is configured. Set <code>upload_url</code> in
        <span class="path">${state.status?.configPath ?? "config.toml"}</span> or <code>NEXUS_USAGE_UPLOAD_URL</code>.</p>
    </section>`;
  }
  const { collect } = permission;
  const hasConsent = permission.agreedShare.length > 0 && permission.agreedDestination === address;
  const agreed = hasConsent ? permission.agreedShare : [];
  const selected = (model.selectedForSharing ?? agreed).filter((name) => collect.includes(name));
  const automatic = model.automatic ?? permission.automatic;
  const isChanged =
    selected.length !== agreed.length ||
    selected.some((name) => !agreed.includes(name)) ||
    automatic !== permission.automatic;
  const saveConsent = (share: readonly Category[]) =>
    post({
      type: "giveConsent",
      mode: share.length === 0 ? "local" : "share",
      collect,
      share,
      destination: share.length === 0 ? null : address,
      automatic: share.length > 0 && automatic,
      notice: displayed,
    });
  const setAutomatic = (event: Event) =>
    setState({ automatic: event.target instanceof HTMLInputElement && event.target.checked });
  return html`<section class="panel">
    <h2>${notice.sharing.title}</h2>
    <p>${notice.sharing.intro}</p>
    <p>${notice.sharing.proof}</p>
    <p>Destination: <strong class="path">${address}</strong> (upload schema ${sharing.schema})</p>
    <fieldset>
      <legend class="hidden">What may be shared</legend>
      <div class="row">
        <button class="second" @click=${() => setState({ selectedForSharing: [...collect] })}>Select all</button>
        ${hasConsent ? nothing : html`<span class="quiet">Nothing is preselected.</span>`}
      </div>
      ${categoryCheckboxes("share", collect, selected, (names) => setState({ selectedForSharing: names }))}
      <div class="choice">
        <input type="checkbox" id="share-automatic" .checked=${automatic} @change=${setAutomatic} />
        <label for="share-automatic">Send automatically</label>
        <p>Otherwise data is sent only when you choose Sync.</p>
      </div>
      <div class="row choices">
        <button ?disabled=${selected.length === 0 || (hasConsent && !isChanged)} @click=${() => saveConsent(selected)}>
          ${hasConsent ? "Save" : `Share with ${sharing.destination}`}
        </button>
        ${hasConsent ? html`<button class="second" @click=${() => saveConsent([])}>Stop sharing</button>` : nothing}
      </div>
    </fieldset>
  </section>`;
}

function uploadLines({
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
      ? allTranslated(failure)
      : pending === 0
        ? "Nothing to send."
        : `${pendingText(pending)} pending, ${waiting} in the outbox.`,
    ...(syncing ? ["Uploading…"] : []),
    ...(paused === null ? [] : [`Uploading is paused: ${translated(paused)} Choose Sync to retry.`]),
    syncedMs === null ? "Not synced yet." : `Last synced ${time(syncedMs)}.`,
  ];
}

function outboxView(
  { state, preview }: ViewState,
  sharing: SharingStatus,
  { post, setState }: Actions,
): TemplateResult {
  const isSharing = state?.permission.mode === "share";
  const busy = state?.busy ?? true;
  return html`<section class="panel">
    <h2>Pending uploads</h2>
    ${isSharing ? uploadLines(sharing).map((line) => html`<p>${line}</p>`) : html`<p>Nothing is sent: sharing is off or blocked.</p>`}
    <div class="row">
      ${isSharing ? html`<button ?disabled=${busy} @click=${() => post({ type: "sync" })}>Sync now</button>` : nothing}
      ${
        preview === null
          ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "preview" })}>Show next batch</button>`
          : html`<button class="second" @click=${() => setState({ preview: null })}>Hide batch</button>`
      }
    </div>
    ${previewView(preview)}
  </section>`;
}

function previewView(preview: ViewState["preview"]): TemplateResult {
  if (preview === null) return html``;
  if (preview === "none") return html`<p class="quiet">Nothing to send.</p>`;
  const { body, events, placeholder } = preview;
  const hidden = body.length - maxShown;
  return html`
    <p>
      ${countText(events, "event")}, ${sizeText(body.length)}.
      ${placeholder ? "Preview with a placeholder ID, as if you shared every category." : "The exact bytes that will be sent:"}
    </p>
    <pre class="bytes" tabindex="0" aria-label="Next batch">${body.slice(0, maxShown)}</pre>
    ${hidden > 0 ? html`<p class="quiet">${sizeText(hidden)} more. To print all: <code>nexus usage upload --dry-run --json</code></p>` : nothing}
  `;
}

function ledgerView({ ledger }: ViewState): TemplateResult {
  if (ledger === null) return html``;
  if (ledger.length === 0) return html`<p class="quiet">The ledger is empty.</p>`;
  return html`<div class="scroll"><table>
    <thead><tr><th class="number" scope="col">Entry</th><th scope="col">Time</th><th scope="col">Request</th><th scope="col">Receipt</th></tr></thead>
    <tbody>${ledger.map(
      ({ seq, tsMs, sentence, receipt }) => html`<tr>
        <td class="number">${seq}</td><td>${time(tsMs)}</td><td class="wide">${translated(sentence)}</td><td>${receipt ? "signed" : "–"}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function ledgerPanel(model: ViewState, sharing: SharingStatus, actions: Actions): TemplateResult {
  const { state, confirming, ledger } = model;
  const { post, setState } = actions;
  const busy = state?.busy ?? true;
  const { receipts, rejected, erasures, sharedWith } = sharing;
  const question = "Erase all data you shared, on every server that received it? This cannot be undone.";
  return html`<section class="panel">
    <h2>Sent data</h2>
    ${receipts === null ? nothing : html`<p>${receipts ? "The server signs a receipt for each batch." : "The server does not sign receipts."}</p>`}
    ${rejected > 0 ? html`<p>The server refused ${countText(rejected, "batch", "batches")}; see <span class="path">rejected/</span> in the outbox for the reasons.</p>` : nothing}
    ${erasures > 0 ? html`<p role="status">Remote erasure: ${erasuresMessages(sharing).map(translated).join(", ")}.</p>` : nothing}
    <div class="row">
      ${
        ledger === null
          ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "showLedger" })}>Show ledger</button>`
          : html`<button class="second" @click=${() => setState({ ledger: null })}>Hide ledger</button>`
      }
      <button class="second" ?disabled=${busy} @click=${() => post({ type: "verifyLedger" })}>Verify ledger</button>
      ${sharedWith > 0 && confirming !== "erase" ? confirmButton("erase", "Erase shared data…", model, actions) : nothing}
    </div>
    ${confirmDialog("erase", { question, confirm: "Erase shared data", action: { type: "eraseRemotely" } }, model, actions)}
    ${ledgerView(model)}
  </section>`;
}

export function sharingTab(model: ViewState, actions: Actions): TemplateResult {
  const sharing = model.state?.status?.sharing ?? null;
  const consent = model.state?.permission.consent;
  if (consent !== "given") {
    return html`<section class="panel empty">
      <h2>Nothing is shared</h2>
      <p>Turn on recording first (Privacy tab).</p>
      <button @click=${() => actions.setState({ tab: "privacy" })}>Open Privacy</button>
    </section>
    ${sharing !== null && sharing.sharedWith > 0 ? ledgerPanel(model, sharing, actions) : nothing}`;
  }
  if (sharing === null)
    return html`<section class="panel empty"><p class="quiet">Sharing status is unavailable.</p></section>`;
  return html`${consentView(model, sharing, actions)} ${outboxView(model, sharing, actions)} ${ledgerPanel(model, sharing, actions)}`;
}
