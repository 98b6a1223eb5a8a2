/** The trend of a tool: its calls per hour, day or month. */
import { html, svg, type TemplateResult } from "lit";
import type { ToolCallStats, ToolCalls } from "../../shared/protocol/reports.ts";

const width = 96;
const height = 20;

/** Draws calls over time as bars; the accessible name contains the same values. */
export function trendChart({ trend }: ToolCallStats, unit: ToolCalls["unit"]): TemplateResult {
  const max = Math.max(1, ...trend);
  const slot = width / Math.max(1, trend.length);
  return html`<svg class="trend" viewBox="0 0 ${width} ${height}" width=${width} height=${height} preserveAspectRatio="none" role="img" aria-label="Calls per ${unit}: ${trend.join(", ")}">
    ${trend.map((count, at) => svg`<rect x=${at * slot} y=${height - (count / max) * height} width=${Math.max(0.5, slot * 0.8)} height=${(count / max) * height}></rect>`)}
  </svg>`;
}
