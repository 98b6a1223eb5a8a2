/** What a tab shows while its answer is under way, or if there is none. */
import { html, type TemplateResult } from "lit-html";
import type { Found } from "../data/answers.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";
import { emptyState } from "./empty-state.ts";

export function pendingView({ failure }: Found<unknown>, model: ViewState, actions: Actions): TemplateResult {
  if (failure === null) return html`<p class="quiet" role="status">Loading…</p>`;
  return emptyState(model, actions, { title: "Data is unavailable", text: translated(failure) });
}

/** In mode off without a database there is nothing to ask for, but for a sample. Not known before the first state. */
export const hasNothing = ({ state }: ViewState): boolean =>
  state !== null && !state.sample && state.permission.mode === "off" && (state.status?.database ?? null) === null;
