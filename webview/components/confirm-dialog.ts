/** Confirmation of an irreversible action: the button that opens it, and the dialog. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { DashboardAction } from "../../shared/protocol/dashboard.ts";
import type { Actions, Confirmation, ViewState } from "../state.ts";

export function confirmButton(
  name: Confirmation,
  label: string,
  { state }: ViewState,
  { setState }: Actions,
): TemplateResult {
  const busy = state?.busy ?? true;
  return html`<button class="second" id="${name}-open" ?disabled=${busy} @click=${() => setState({ confirming: name })}>${label}</button>`;
}

/** Returns `nothing` unless `name` is being confirmed. */
export function confirmDialog(
  name: Confirmation,
  {
    question,
    confirm,
    action,
  }: { readonly question: string; readonly confirm: string; readonly action: DashboardAction },
  { state, confirming }: ViewState,
  { setState, post }: Actions,
): TemplateResult | typeof nothing {
  if (confirming !== name) return nothing;
  const cancel = () => setState({ confirming: null });
  const cancelOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape") cancel();
  };
  return html`<div class="notice warning" role="alertdialog" aria-label=${confirm} aria-describedby="${name}-question" @keydown=${cancelOnEscape}>
    <div>
      <p id="${name}-question">${question}</p>
      <div class="row">
        <button class="danger" ?disabled=${state?.busy ?? true} @click=${() => post(action)}>${confirm}</button>
        <button class="second" id="${name}-cancel" @click=${cancel}>Cancel</button>
      </div>
    </div>
  </div>`;
}
