/** A line of small bars, without an axis: how a figure went. */
import { html, svg, type TemplateResult } from "lit-html";

const width = 96;
const height = 24;

/** Decoration: the same values are in the chart of the card's drawer. */
export function sparkline(values: readonly number[]): TemplateResult {
  const max = Math.max(0, ...values);
  if (max === 0) return html``;
  const slot = width / values.length;
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
    ${values.map((value, at) => svg`<rect x=${at * slot} y=${height - (value / max) * height} width=${slot * 0.8} height=${(value / max) * height}></rect>`)}
  </svg>`;
}
