/** Consent to sharing: check the server, select what may be shared, see a sample. */
import { html, nothing, type TemplateResult } from "lit-html";
import { notice } from "../../shared/consent/notice.ts";
import type { SchemaExplanation } from "../../shared/protocol/dashboard.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import type { Category } from "../../shared/schema/categories.ts";
import type { Actions, ViewState } from "../state.ts";
import { categoryCheckboxes } from "./category-checkboxes.ts";
import { timeText } from "./definition-list.ts";

type SharedPart = SchemaExplanation["shared"][number]["parts"][number];

/** "Events: agent_event. Fields: tool_name, tool_phase." */
function partText(parts: readonly SharedPart[], category: Category): string {
  const part = parts.find((candidate) => candidate.category === category);
  const list = (title: string, names: readonly string[] = []) =>
    names.length === 0 ? [] : [`${title}: ${names.join(", ")}.`];
  return [...list("Events", part?.events), ...list("Fields", part?.fields)].join(" ");
}

function sampleView({ sample }: ViewState): TemplateResult | typeof nothing {
  if (sample === null) return nothing;
  if (sample === "none")
    return html`<p class="quiet">No recorded event would be shared with this selection, so there is no sample.</p>`;
  const { events } = JSON.parse(sample.body) as { readonly events: readonly unknown[] };
  return html`<p>A recorded event as it would be sent with this selection:</p>
    <pre class="bytes" tabindex="0" aria-label="Sample">${JSON.stringify(events[0], null, 2)}</pre>`;
}

function checkView(sharing: SharingStatus, busy: boolean, { post }: Actions): TemplateResult {
  const { offered, destination } = sharing;
  const check = () => post({ type: "checkServer" });
  return html`<p>
      ${
        offered === null
          ? html`First check what this server accepts. This sends one request without any ID to ${destination}.`
          : html`${destination} accepts upload schema ${offered.schema} (checked ${timeText(offered.checkedMs)}). Only categories that have an effect there are listed.`
      }
    </p>
    <button class=${offered === null ? "" : "second"} ?disabled=${busy} @click=${check}>
      ${offered === null ? "Check what this server accepts" : "Check again"}
    </button>`;
}

function choiceView(model: ViewState, sharing: SharingStatus, { setState, post }: Actions): TemplateResult {
  const { state, explanation } = model;
  const { address, offered } = sharing;
  if (state === null || offered === null || address === null || explanation === null) return html``;
  const { permission, notice: displayed } = state;
  const { collect } = permission;
  const parts = explanation.shared.find(({ schema }) => schema === offered.schema)?.parts ?? [];
  const listed = parts.map(({ category }) => category).filter((name) => collect.includes(name));
  const hasConsent = permission.agreedShare.length > 0 && permission.agreedDestination === address;
  const isGrown = hasConsent && offered.schema > permission.agreedSchema;
  const agreed = hasConsent ? permission.agreedShare.filter((name) => listed.includes(name)) : [];
  const selected = (model.selectedForSharing ?? (isGrown ? [] : agreed)).filter((name) => listed.includes(name));
  const automatic = model.automatic ?? permission.automatic;
  const isChanged =
    isGrown ||
    selected.length !== agreed.length ||
    selected.some((name) => !agreed.includes(name)) ||
    automatic !== permission.automatic;
  const select = (names: readonly Category[]) => {
    setState({ selectedForSharing: names });
    post({ type: "sample", categories: names });
  };
  const save = () =>
    post({
      type: "giveConsent",
      mode: "share",
      collect,
      share: selected,
      destination: address,
      automatic,
      schema: offered.schema,
      earlierEvents: permission.earlierEvents,
      notice: displayed,
    });
  const setAutomatic = (event: Event) =>
    setState({ automatic: event.target instanceof HTMLInputElement && event.target.checked });
  return html`<fieldset>
    <legend class="hidden">What may be shared</legend>
    <div class="row">
      <button class="second" @click=${() => select(listed)}>Select all</button>
      ${hasConsent && !isGrown ? nothing : html`<span class="quiet">Nothing is preselected.</span>`}
    </div>
    ${isGrown ? html`<p>You agreed to upload schema ${permission.agreedSchema}. Schema ${offered.schema} contains more, so select again. What is recorded already goes out in schema ${permission.agreedSchema}.</p>` : nothing}
    ${listed.length === 0 ? html`<p>None of the categories that you record has an effect on this server.</p>` : categoryCheckboxes("share", listed, selected, (name) => partText(parts, name), select)}
    <div class="choice">
      <input type="checkbox" id="share-automatic" .checked=${automatic} @change=${setAutomatic} />
      <label for="share-automatic">Send automatically</label>
      <p>Otherwise data is sent only when you choose Sync.</p>
    </div>
    ${sampleView(model)}
    <div class="row bar">
      <button ?disabled=${selected.length === 0 || (hasConsent && !isChanged)} @click=${save}>
        ${hasConsent ? "Save" : `Share with ${sharing.destination}`}
      </button>
    </div>
  </fieldset>`;
}

export function sharingForm(model: ViewState, sharing: SharingStatus, actions: Actions): TemplateResult {
  const { address } = sharing;
  return html`
    <p>${notice.sharing.intro}</p>
    <p>${notice.sharing.proof}</p>
    <p>${notice.sharing.recipient}</p>
    ${
      address === null
        ? html`<p>No destination is configured. Set <code>upload_url</code> in
            <span class="path">${model.state?.status?.configPath ?? "config.toml"}</span> or <code>NEXUS_USAGE_UPLOAD_URL</code>.</p>`
        : html`<p>Destination: <strong class="path">${address}</strong></p>
            ${checkView(sharing, model.state?.busy ?? true, actions)} ${choiceView(model, sharing, actions)}`
    }
  `;
}
