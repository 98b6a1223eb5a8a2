/** The user's data: how much, where, for how long; export, purge, another pseudonym. */
import { html, nothing, type TemplateResult } from "lit";
import { countText, sizeText } from "../../shared/text/format.ts";
import type { Actions, ViewState } from "../state.ts";
import { confirmButton, confirmDialog } from "./confirm-dialog.ts";
import { definitionList, pathView } from "./definition-list.ts";

/** Where a window that works on another machine keeps its data, by the editor's name of the kind. */
const remotes: Readonly<Record<string, string>> = {
  "ssh-remote": "the machine you are connected to over SSH",
  wsl: "the Windows Subsystem for Linux",
  "dev-container": "the container",
  "attached-container": "the container",
  codespaces: "the codespace",
  tunnel: "the machine at the other end of the tunnel",
};

/** The data lie where the extension runs: with a remote window, there. */
export function locationText(remote: string | null): string {
  if (remote === null) return "this machine";
  return `${remotes[remote] ?? "the remote machine"}, where this window's terminals run`;
}

function retentionText(limits: { readonly retentionDays: number; readonly maxBytes: number }): string {
  return `Single events for ${countText(limits.retentionDays, "day")} and at most ${sizeText(limits.maxBytes)}, then the oldest go; their sums by hour stay until you purge.`;
}

const resetQuestion =
  "You get a new random id and a new salt. What was not sent yet is not sent. What was sent stays with the server under the old id until you have it erased.";

export function dataPanel(model: ViewState, actions: Actions): TemplateResult {
  const { state, confirming } = model;
  const status = state?.status ?? null;
  const database = status?.database ?? null;
  if (state === null || status === null || database === null) {
    const unknown = status === null ? state?.permission.consent !== "never_asked" : status.problem !== null;
    const sentence = unknown ? "What is stored cannot be read at present." : "Nothing is stored.";
    return html`<section class="panel"><h2>Your data</h2><p class="quiet">${sentence}</p></section>`;
  }
  const { limits } = status;
  const sharing = state.permission.mode === "share";
  const amount = `${countText(database.events, "event")} of ${countText(database.sessions, "session")} (${sizeText(database.sizeBytes)})`;
  const question = `Delete ${amount}? This cannot be undone. Your consent stays as it is. What you shared stays with the server until you ask it to erase it (Sharing).`;
  return html`<section class="panel">
    <h2>Your data</h2>
    ${definitionList([
      ["Stored", amount],
      ["On", locationText(state.remote)],
      ["In", pathView(database.path)],
      ...(limits === null ? [] : [["Kept", retentionText(limits)] as const]),
    ])}
    ${
      confirming === "purge" || confirming === "identity"
        ? nothing
        : html`<div class="row choices">
            <button class="second" ?disabled=${state.busy} @click=${() => actions.post({ type: "exportAll" })}>Export…</button>
            ${confirmButton("purge", "Purge…", model, actions)}
            ${sharing ? confirmButton("identity", "Reset my pseudonym…", model, actions) : nothing}
          </div>`
    }
    ${confirmDialog("purge", { question, yes: "Delete", action: { type: "purge" } }, model, actions)}
    ${confirmDialog("identity", { question: resetQuestion, yes: "Reset", action: { type: "resetIdentity" } }, model, actions)}
  </section>`;
}
