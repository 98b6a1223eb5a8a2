/** The section "Sharing": the state, the next batch, every request, and the form to change what is shared. */

import { html, nothing, type TemplateResult } from "lit-html";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { countText, sizeText } from "../../shared/text/format.ts";
import { erasuresMessages, pendingText } from "../../shared/text/sentences.ts";
import { confirmButton, confirmDialog } from "../components/confirm-dialog.ts";
import { definitionList, pathView, timeText } from "../components/definition-list.ts";
import { ledgerPanel } from "../components/ledger-panel.ts";
import { sharingForm } from "../components/sharing-form.ts";
import type { Actions, ViewState } from "../state.ts";
import { allTranslated, translated } from "../translate.ts";

/** Characters of a batch to display; the CLI prints the complete batch. */
const maxShown = 20_000;

const eraseQuestion = "Erase all data you shared, on every server that received it? This cannot be undone.";

function stateText({ paused, failure, retryAtMs, pending, waiting, syncing }: SharingStatus): string {
  if (syncing) return "Uploading…";
  if (paused !== null) return `Paused: ${translated(paused)}`;
  if (failure !== null && (retryAtMs ?? 0) > Date.now()) return allTranslated(failure);
  return pending === 0 ? "Nothing to send." : `${pendingText(pending)} pending, ${waiting} in the outbox.`;
}

function statePanel(model: ViewState, sharing: SharingStatus, actions: Actions): TemplateResult {
  const { state, preview, confirming } = model;
  const { post, setState } = actions;
  const isSharing = state?.permission.mode === "share";
  const agreed = state?.permission.agreedShare ?? [];
  const busy = state?.busy ?? true;
  const stop = () =>
    post({
      type: "giveConsent",
      mode: "local",
      collect: state?.permission.agreed ?? [],
      share: [],
      destination: null,
      automatic: false,
      schema: 1,
      earlierEvents: state?.permission.earlierEvents ?? false,
      notice: state?.notice ?? { version: "", sha256: "", language: "" },
    });
  const erasures =
    sharing.erasures === 0 ? [] : [["Remote erasure", erasuresMessages(sharing).map(translated).join(", ")] as const];
  const facts = isSharing
    ? [
        ["Uploads", stateText(sharing)] as const,
        ["Last synced", timeText(sharing.syncedMs)] as const,
        ["Sent", state.permission.automatic ? "automatically" : "only when you choose Sync"] as const,
      ]
    : [["Uploads", "Nothing is sent: sharing is off or blocked."] as const];
  return html`<section class="panel">
    <h2>Sharing</h2>
    ${definitionList([
      [
        "Destination",
        sharing.address === null ? "none" : html`${pathView(sharing.address)} (upload schema ${sharing.schema})`,
      ],
      ...facts,
      ...erasures,
    ])}
    <div class="row choices">
      ${isSharing ? html`<button ?disabled=${busy} @click=${() => post({ type: "sync" })}>Sync now</button>` : nothing}
      ${
        preview === null
          ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "preview" })}>Show next batch</button>`
          : html`<button class="second" @click=${() => setState({ preview: null })}>Hide batch</button>`
      }
      ${agreed.length > 0 ? html`<button class="second" ?disabled=${busy} @click=${stop}>Stop sharing</button>` : nothing}
      ${sharing.sharedWith > 0 && confirming !== "erase" ? confirmButton("erase", "Erase shared data…", model, actions) : nothing}
    </div>
    ${confirmDialog("erase", { question: eraseQuestion, confirm: "Erase shared data", action: { type: "eraseRemotely" } }, model, actions)}
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

/** Open until the user has agreed to this destination and schema. */
function formPanel(model: ViewState, sharing: SharingStatus, actions: Actions): TemplateResult {
  const permission = model.state?.permission;
  const isAgreed =
    (permission?.agreedShare.length ?? 0) > 0 &&
    permission?.agreedDestination === sharing.address &&
    (sharing.offered?.schema ?? 1) <= permission.agreedSchema;
  return isAgreed
    ? html`<section class="panel"><details>
        <summary>Change what is shared</summary>
        ${sharingForm(model, sharing, actions)}
      </details></section>`
    : html`<section class="panel"><h2>What may be shared?</h2>${sharingForm(model, sharing, actions)}</section>`;
}

export function sharingTab(model: ViewState, actions: Actions): TemplateResult {
  const sharing = model.state?.status?.sharing ?? null;
  const permission = model.state?.permission;
  const hasSent = sharing !== null && sharing.sharedWith > 0;
  if (permission?.consent !== "given") {
    return html`<section class="panel empty">
      <h2>Nothing is shared</h2>
      <p>Turn on recording first (Consent &amp; data).</p>
      <button @click=${() => actions.go({ tab: "data", section: "privacy" })}>Open Consent &amp; data</button>
    </section>
    ${hasSent ? html`${statePanel(model, sharing, actions)} ${ledgerPanel(model, sharing, actions)}` : nothing}`;
  }
  if (sharing === null)
    return html`<section class="panel empty"><p class="quiet">Sharing status is unavailable.</p></section>`;
  const isAgreed = permission.agreedShare.length > 0;
  const state = statePanel(model, sharing, actions);
  const form = formPanel(model, sharing, actions);
  const ledger = ledgerPanel(model, sharing, actions);
  return isAgreed ? html`${state} ${ledger} ${form}` : html`${form} ${state} ${ledger}`;
}
