/** Says that the page shows invented work, and leads to the choice. */
import { html, type TemplateResult } from "lit-html";
import type { Actions } from "../state.ts";

export const sampleBanner = (
  isUndecided: boolean,
  { go }: Actions,
): TemplateResult => html`<div class="notice sample spread" role="note">
  <p><strong>Sample data.</strong> Four months of invented work: click anything. Nothing is recorded${isUndecided ? ", and nothing has been written to this machine" : ""}.</p>
  <button @click=${() => go({ tab: "data", section: "privacy", subject: null })}>Choose what to record</button>
</div>`;
