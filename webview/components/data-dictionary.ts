/** The data dictionary: event types and fields of the schema that the worker enforces. */
import { html, type TemplateResult } from "lit-html";
import type { SchemaExplanation } from "../../shared/protocol/dashboard.ts";

function categoryView({ title, events, fields }: SchemaExplanation["dictionary"][number]): TemplateResult {
  return html`<details>
    <summary>${title}</summary>
    <ul class="plain">${events.map(({ type, description }) => html`<li><code>${type}</code> ${description}</li>`)}</ul>
    ${
      fields.length === 0
        ? html`<p class="quiet">No fields.</p>`
        : html`<div class="scroll"><table>
            <thead><tr>${["Field", "Description", "Values", "Purpose", "Shared"].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
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

export function dataDictionary(explanation: SchemaExplanation | null): TemplateResult {
  return html`<section class="panel">
    <h2>Data dictionary</h2>
    <p class="quiet">Generated from the schema that the worker enforces. Nothing else can be stored.</p>
    ${(explanation?.dictionary ?? []).map(categoryView)}
  </section>`;
}
