/** Deleting a part of the data: a source, this workspace, a period; with the amount before. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { EraseRequestSelection } from "../../shared/protocol/worker.ts";
import { countText, sizeText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { type Actions, type EraseChoice, noPart, type ViewState } from "../state.ts";
import { confirmDialog } from "./confirm-dialog.ts";

const inputValue = (event: Event): string =>
  event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement ? event.target.value : "";

/** Returns what is missing; `undefined` if the choice is complete. */
function missing({ source, workspace, from, to }: EraseChoice): string | undefined {
  if (source !== "" && workspace) return "Select either a source or the workspace.";
  if ((from === "") !== (to === "")) return "Select both the first and the last day.";
  if (from > to) return "The last day is before the first.";
  return source === "" && !workspace && from === "" ? "Select a source, the workspace or a period." : undefined;
}

/** The extension host puts the URI of the open workspace in place of the empty text. */
const selectionOf = ({ source, workspace, from, to }: EraseChoice): EraseRequestSelection => ({
  source: source === "" ? null : source,
  workspace: workspace ? "" : null,
  period: from === "" ? null : { period: "custom", from, to },
});

export function erasePart(model: ViewState, actions: Actions): TemplateResult {
  const { state, eraseChoice: choice, erasePlan } = model;
  const plan = erasePlan?.plan ?? null;
  const { setState, post } = actions;
  const busy = state?.busy ?? true;
  const why = missing(choice);
  const part = selectionOf(choice);
  const change = (changed: Partial<EraseChoice>) =>
    setState({ eraseChoice: { ...choice, ...changed }, confirming: null });
  const open = () => {
    if (plan === null) post({ type: "planErasure", part: noPart });
  };
  // Both are plain data in the same order of keys.
  const isCounted = why === undefined && erasePlan !== null && JSON.stringify(erasePlan.part) === JSON.stringify(part);
  const isFound = isCounted && erasePlan.plan.events + erasePlan.plan.totals > 0;
  const amount =
    plan === null
      ? ""
      : `${countText(plan.events, "event")} of ${countText(plan.sessions, "session")} and ${countText(plan.totals, "total")} (about ${sizeText(plan.bytes)})`;
  const dialog = {
    question: `Delete ${amount}? This cannot be undone. Other totals do not change. The request bodies in the upload ledger are deleted too; their digests stay.`,
    confirm: `Delete ${countText(plan?.events ?? 0, "event")}`,
    action: { type: "erasePart", part },
  } as const;
  return html`<details @toggle=${open}>
    <summary>Delete a part…</summary>
    <div class="row">
      <label>Source
        <select .value=${choice.source} @change=${(event: Event) => change({ source: inputValue(event) })}>
          <option value="">Any</option>
          ${(plan?.sources ?? []).map((source) => html`<option value=${source} ?selected=${source === choice.source}>${sourceLabel(source)}</option>`)}
        </select>
      </label>
      <label>From <input type="date" .value=${choice.from} @change=${(event: Event) => change({ from: inputValue(event) })} /></label>
      <label>to <input type="date" .value=${choice.to} @change=${(event: Event) => change({ to: inputValue(event) })} /></label>
      <label><input type="checkbox" .checked=${choice.workspace} @change=${(event: Event) => change({ workspace: event.target instanceof HTMLInputElement && event.target.checked })} /> Only this workspace</label>
    </div>
    <div class="row choices">
      <button class="second" ?disabled=${busy || why !== undefined} @click=${() => post({ type: "planErasure", part })}>Count</button>
      ${
        isFound && model.confirming !== "part"
          ? html`<button class="second" id="part-open" ?disabled=${busy} @click=${() => setState({ confirming: "part" })}>Delete ${amount}…</button>`
          : nothing
      }
      ${isCounted && !isFound ? html`<span class="quiet">No data matches.</span>` : nothing}
      ${why === undefined ? nothing : html`<span class="quiet">${why}</span>`}
    </div>
    ${confirmDialog("part", dialog, model, actions)}
  </details>`;
}
