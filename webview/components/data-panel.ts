/** Panel of the user's data: amount, location, data retention, export, purge, pseudonym reset. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Status } from "../../shared/protocol/worker.ts";
import { countText, sizeText } from "../../shared/text/format.ts";
import type { Actions, ViewState } from "../state.ts";
import { confirmButton, confirmDialog } from "./confirm-dialog.ts";
import { definitionList, pathView, timeText } from "./definition-list.ts";
import { erasePart } from "./erase-part.ts";

/** Machine of a remote window, by VS Code's remote name. */
const remotes: Readonly<Record<string, string>> = {
  "ssh-remote": "the machine you are connected to over SSH",
  wsl: "the Windows Subsystem for Linux",
  "dev-container": "the container",
  "attached-container": "the container",
  codespaces: "the codespace",
  tunnel: "the remote machine of the tunnel",
};

/** Returns where the data is stored: on the machine of the extension host. */
export function locationText(remote: string | null): string {
  if (remote === null) return "this machine";
  return `${remotes[remote] ?? "the remote machine"} (the machine of this window's terminals)`;
}

function retentionText({ retentionDays, maxBytes, rollupRetentionDays }: NonNullable<Status["limits"]>): string {
  const totals = rollupRetentionDays === null ? "until you purge them" : countText(rollupRetentionDays, "day");
  return `Events: ${countText(retentionDays, "day")} or ${sizeText(maxBytes)}. Totals: ${totals}.`;
}

const resetQuestion =
  "Creates a new random ID and salt. Unsent events are not sent. Data already sent stays under the old ID until you erase it.";

export function dataPanel(model: ViewState, actions: Actions): TemplateResult {
  const { state, confirming } = model;
  const status = state?.status ?? null;
  const database = status?.database ?? null;
  if (state === null || status === null || database === null) {
    const isUnknown = status === null ? state?.permission.consent !== "never_asked" : status.problem !== null;
    const sentence = isUnknown ? "Stored data is unavailable." : "No data is stored.";
    const erasure = state?.lastErasure ?? null;
    return html`<section class="panel">
      <h2>Your data</h2>
      <p class="quiet">${sentence}</p>
      ${erasure === null ? nothing : html`<p class="quiet">${timeText(erasure.tsMs)}: ${erasure.text}</p>`}
    </section>`;
  }
  const { limits } = status;
  const isSharing = state.permission.mode === "share";
  const amount = `${countText(database.events, "event")} of ${countText(database.sessions, "session")} (${sizeText(database.sizeBytes)})`;
  const purge = {
    question: `Delete ${amount}? This cannot be undone. Consent is not affected. Shared data stays on the server until you erase it (section Sharing).`,
    confirm: `Delete ${countText(database.events, "event")}`,
    action: { type: "purge" },
  } as const;
  const reset = { question: resetQuestion, confirm: "Reset pseudonym", action: { type: "resetIdentity" } } as const;
  return html`<section class="panel">
    <h2>Your data</h2>
    ${definitionList([
      ["Stored", amount],
      ["Machine", locationText(state.remote)],
      ["File", pathView(database.path)],
      ...(limits === null ? [] : [["Data retention", retentionText(limits)] as const]),
    ])}
    ${
      confirming === "purge" || confirming === "identity"
        ? nothing
        : html`<div class="row choices">
            <button class="second" ?disabled=${state.busy} @click=${() => actions.post({ type: "exportAll" })}>Export…</button>
            ${confirmButton("purge", "Purge…", model, actions)}
            ${isSharing ? confirmButton("identity", "Reset pseudonym…", model, actions) : nothing}
          </div>`
    }
    ${
      state.lastErasure === null
        ? nothing
        : html`<p class="quiet">${timeText(state.lastErasure.tsMs)}: ${state.lastErasure.text}</p>`
    }
    ${confirming === "purge" || confirming === "identity" ? nothing : erasePart(model, actions)}
    ${confirmDialog("purge", purge, model, actions)}
    ${confirmDialog("identity", reset, model, actions)}
  </section>`;
}
