/** Categories with a tick and their plain words, one below the other. */
import { html, type TemplateResult } from "lit";
import { notice } from "../../shared/consent/notice.ts";
import type { Category } from "../../shared/schema/categories.ts";

export function categoryCheckboxes(
  form: "tick" | "share",
  from: readonly Category[],
  ticked: readonly Category[],
  change: (ticked: readonly Category[]) => void,
): TemplateResult {
  const toggle = (name: Category) => (event: Event) => {
    const on = event.target instanceof HTMLInputElement && event.target.checked;
    change(from.filter((other) => (other === name ? on : ticked.includes(other))));
  };
  return html`<div class="ticks">${from.map(
    (name) => html`<div class="choice">
      <input type="checkbox" id="${form}-${name}" aria-describedby="${form}-about-${name}" .checked=${ticked.includes(name)} @change=${toggle(name)} />
      <label for="${form}-${name}">${notice.categories[name].title}</label>
      <p id="${form}-about-${name}">${notice.categories[name].text}</p>
    </div>`,
  )}</div>`;
}
