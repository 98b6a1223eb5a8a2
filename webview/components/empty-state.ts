/** Empty state of a tab: why there is no data, and what to do. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Actions, ViewState } from "../state.ts";

interface EmptyText {
  readonly title: string;
  readonly text: string;
}

const withoutConsent: EmptyText = {
  title: "Recording is off",
  text: "Data stays on this machine and is recorded only with your consent.",
};
const blocked: EmptyText = {
  title: "Recording is blocked",
  text: "See the message above for the reason.",
};
const unavailable: EmptyText = {
  title: "Data is unavailable",
  text: "See the error above. Data returns once it is fixed.",
};

/** `noData`: the text if recording is on and works. */
export function emptyState({ state }: ViewState, { go }: Actions, noData: EmptyText): TemplateResult {
  const isOff = state?.permission.mode === "off" && !state.sample;
  const isBlocked = isOff && state.permission.consent === "given";
  const isFailing = state !== null && !isOff && (state.failure !== null || (state.status?.problem ?? null) !== null);
  const { title, text } = isBlocked ? blocked : isOff ? withoutConsent : isFailing ? unavailable : noData;
  return html`<div class="panel empty">
    <h2>${title}</h2>
    <p class="quiet">${text}</p>
    ${isOff && !isBlocked ? html`<button @click=${() => go({ tab: "data", section: "privacy" })}>Choose what to record</button>` : nothing}
  </div>`;
}
