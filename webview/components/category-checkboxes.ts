/** One checkbox per consent category, with its title and a text. */
import { html, type TemplateResult } from "lit-html";
import { categoryTexts } from "../../shared/consent/notice.ts";
import type { Category } from "../../shared/schema/categories.ts";

export function categoryCheckboxes(
  form: "record" | "share",
  offered: readonly Category[],
  selected: readonly Category[],
  textOf: (category: Category) => string,
  onChange: (selected: readonly Category[]) => void,
): TemplateResult {
  const toggle = (name: Category) => (event: Event) => {
    const isChecked = event.target instanceof HTMLInputElement && event.target.checked;
    onChange(offered.filter((other) => (other === name ? isChecked : selected.includes(other))));
  };
  return html`<div class="categories">${offered.map(
    (name) => html`<div class="choice">
      <input type="checkbox" id="${form}-${name}" aria-describedby="${form}-about-${name}" .checked=${selected.includes(name)} @change=${toggle(name)} />
      <label for="${form}-${name}">${categoryTexts[name].title}</label>
      <p id="${form}-about-${name}">${textOf(name)}</p>
    </div>`,
  )}</div>`;
}
