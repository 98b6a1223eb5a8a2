/** The data dictionary: every event and every field that may be recorded, from the table that decides it. */
import { html, type TemplateResult } from "lit";
import { type Explanation, explanations } from "../../shared/text/explain.ts";

/** Of a table that does not change. */
let known: readonly Explanation[] | undefined;

function categoryView({ title, events, fields }: Explanation): TemplateResult {
  return html`<details>
    <summary>${title}</summary>
    <ul class="plain">${events.map(({ type, description }) => html`<li><code>${type}</code> ${description}</li>`)}</ul>
    ${
      fields.length === 0
        ? html`<p class="quiet">Its events need no fields of their own.</p>`
        : html`<div class="scroll"><table>
            <thead><tr>${["Field", "What it is", "What it may hold", "What it is for", "Shared"].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
            <tbody>${fields.map(
              ({ name, description, holds, purpose, shared }) => html`<tr>
                <th scope="row">${name}</th>
                ${[description, holds, purpose, shared].map((text) => html`<td class="wide">${text}</td>`)}
              </tr>`,
            )}</tbody>
          </table></div>`
    }
  </details>`;
}

export function dataDictionary(): TemplateResult {
  known ??= explanations();
  return html`<section class="panel">
    <h2>Everything that may be recorded</h2>
    <p class="quiet">Field by field, from the table that the recorder itself follows. What is not here cannot be stored.</p>
    ${known.map(categoryView)}
  </section>`;
}
