/** The name of a group, which opens its details. */
import { html, type TemplateResult } from "lit-html";
import type { Grouping } from "../../shared/protocol/query.ts";
import { groupLabel } from "../data/names.ts";
import type { Actions, ViewState } from "../state.ts";

export function groupLink(by: Grouping, key: string, { state }: ViewState, { go }: Actions): TemplateResult {
  const label = groupLabel(by, key, state);
  if (key === "") return html`<span class="quiet">${label}</span>`;
  return html`<button class="link name" @click=${() => go({ subject: { by, key } })}>${label}</button>`;
}
