/** Hides an insight: for how long, and why. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { type DismissReason, dismissReasons } from "../../shared/protocol/dashboard.ts";
import type { Actions, ViewState } from "../state.ts";

const reasonNames: Readonly<Record<DismissReason, string>> = {
  known: "I know",
  not_useful: "Not useful",
  wrong: "Not true",
};

/** Days, or for good. */
const durations: readonly (readonly [days: number | null, name: string])[] = [
  [7, "for 7 days"],
  [30, "for 30 days"],
  [null, "until restored"],
];
const defaultDays = 30;

/** A button, and once it was pressed the questions. */
export function dismissForm(
  id: string,
  sentence: string,
  { dismissing, state }: ViewState,
  { post, setState }: Actions,
): TemplateResult | typeof nothing {
  // Of the sample nothing is written down.
  if (state?.sample !== false) return nothing;
  if (dismissing?.id !== id)
    return html`<button class="second" aria-label="Dismiss: ${sentence}" @click=${() => setState({ dismissing: { id, days: defaultDays } })}>Dismiss</button>`;
  const { days } = dismissing;
  const dismiss = (reason: DismissReason) => {
    setState({ dismissing: null });
    post({ type: "dismiss", id, reason, days });
  };
  const choose = (event: Event) => {
    const value = event.target instanceof HTMLSelectElement ? event.target.value : "";
    setState({ dismissing: { id, days: value === "" ? null : Number(value) } });
  };
  return html`<div class="row" role="group" aria-label="Why dismiss: ${sentence}">
    <select aria-label="How long" @change=${choose}>${durations.map(([value, name]) => html`<option value=${value ?? ""} .selected=${live(value === days)}>${name}</option>`)}</select>
    <div class="segments">
      ${dismissReasons.map((reason) => html`<button @click=${() => dismiss(reason)}>${reasonNames[reason]}</button>`)}
      <button @click=${() => setState({ dismissing: null })}>Cancel</button>
    </div>
  </div>`;
}
