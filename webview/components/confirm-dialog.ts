/** A question before something that cannot be undone: a button that asks, and the answers, of which Keep has the focus. */
import { html, nothing, type TemplateResult } from "lit";
import type { DashboardAction } from "../../shared/protocol/dashboard.ts";
import type { Actions, Confirmation, ViewState } from "../state.ts";

export function confirmButton(
  name: Confirmation,
  label: string,
  { state }: ViewState,
  { setState }: Actions,
): TemplateResult {
  const busy = state?.busy ?? true;
  return html`<button class="second" id="${name}-ask" ?disabled=${busy} @click=${() => setState({ confirming: name })}>${label}</button>`;
}

/** Nothing while `name` is not asked. */
export function confirmDialog(
  name: Confirmation,
  { question, yes, action }: { readonly question: string; readonly yes: string; readonly action: DashboardAction },
  { state, confirming }: ViewState,
  { setState, post }: Actions,
): TemplateResult | typeof nothing {
  if (confirming !== name) return nothing;
  const keep = () => setState({ confirming: null });
  const keepOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape") keep();
  };
  return html`<div class="notice warning" role="alertdialog" aria-label=${yes} aria-describedby="${name}-question" @keydown=${keepOnEscape}>
    <div>
      <p id="${name}-question">${question}</p>
      <div class="row">
        <button ?disabled=${state?.busy ?? true} @click=${() => post(action)}>${yes}</button>
        <button class="second" id="${name}-keep" @click=${keep}>Keep</button>
      </div>
    </div>
  </div>`;
}
