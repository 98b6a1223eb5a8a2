/** The name of a group, which opens its details. */
import { html, type TemplateResult } from "lit-html";
import type { Filters, Grouping } from "../../shared/protocol/query.ts";
import { groupLabel } from "../data/names.ts";
import type { Actions, ViewState } from "../state.ts";

/** `filters`: what else the group is limited to. */
export function groupLink(
  by: Grouping,
  key: string,
  { state }: ViewState,
  { go }: Actions,
  filters?: Filters,
): TemplateResult {
  const label = groupLabel(by, key, state);
  if (key === "") return html`<span class="quiet">${label}</span>`;
  const subject = filters === undefined ? { by, key } : { by, key, filters };
  return html`<button class="link name" @click=${() => go({ subject })}>${label}</button>`;
}
