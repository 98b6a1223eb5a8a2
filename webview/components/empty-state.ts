/** What stands where there are no numbers: why, and what to do. */
import { html, nothing, type TemplateResult } from "lit";
import type { Actions, ViewState } from "../state.ts";

interface Empty {
  readonly title: string;
  readonly text: string;
}

const notAsked: Empty = {
  title: "Nothing is recorded",
  text: "Nexus Telemetry shows what your tools do all day, what is slow and what fails. It stays on this machine, and it is off until you say yes.",
};
const forbidden: Empty = {
  title: "Nothing is recorded here",
  text: "You agreed to recording, and somebody else forbids it, as said above.",
};
const unreadable: Empty = {
  title: "The numbers cannot be read at present",
  text: "What stands above says why. They are shown by themselves once it is mended.",
};

/** `none`: where recording is on, and there is just nothing. */
export function emptyState({ state }: ViewState, { setState }: Actions, none: Empty): TemplateResult {
  const off = state?.permission.mode === "off";
  const refused = off && state.permission.consent === "given";
  const failing = state !== null && !off && (state.failure !== null || (state.status?.problem ?? null) !== null);
  const { title, text } = refused ? forbidden : off ? notAsked : failing ? unreadable : none;
  return html`<div class="panel empty">
    <h2>${title}</h2>
    <p class="quiet">${text}</p>
    ${off && !refused ? html`<button @click=${() => setState({ tab: "privacy" })}>Choose what to record</button>` : nothing}
  </div>`;
}
