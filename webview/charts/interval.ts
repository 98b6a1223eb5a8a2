/** Charts of an insight's evidence: a share with its confidence interval, and two medians. */
import { html, svg, type TemplateResult } from "lit-html";
import type { Insight } from "../../shared/protocol/reports.ts";
import { durationText, percentText } from "../../shared/text/format.ts";

const width = 240;

/** Draws a share with its confidence interval on a scale from 0% to 100%. */
export function intervalChart({ share, low, high }: Insight["evidence"]): TemplateResult {
  if (share === null || low === null || high === null) return html``;
  const at = (value: number) => (value * width).toFixed(1);
  return html`<svg class="interval" viewBox="0 0 ${width} 16" width=${width} height="16" role="img" aria-label="${percentText(share)}, 95% confidence interval ${percentText(low)} to ${percentText(high)}">
    ${svg`<line class="scale" x1="0" y1="8" x2=${width} y2="8"></line>
      <rect class="range" x=${at(low)} y="4" width=${at(Math.max(0.01, high - low))} height="8" rx="2"></rect>
      <circle class="value" cx=${at(share)} cy="8" r="4"></circle>`}
  </svg>`;
}

/** Draws the previous median above the current one. */
export function comparisonChart({ before, medianMs }: Insight["evidence"]): TemplateResult {
  if (before === null || medianMs === null) return html``;
  const max = Math.max(before.medianMs, medianMs, 1);
  const bar = (ms: number, y: number, className: string) =>
    svg`<rect class=${className} x="0" y=${y} width=${((ms / max) * width).toFixed(1)} height="8" rx="2"></rect>`;
  return html`<svg class="interval" viewBox="0 0 ${width} 22" width=${width} height="22" role="img" aria-label="Previous median ${durationText(before.medianMs)}, current median ${durationText(medianMs)}">
    ${bar(before.medianMs, 1, "before")}${bar(medianMs, 12, "range")}
  </svg>`;
}
