/** Activity over time: stacked bars as SVG, with a table of the same data. */
import { html, svg, type TemplateResult } from "lit";
import type { Stats } from "../../shared/protocol/reports.ts";
import { countText } from "../../shared/text/format.ts";

type Bar = Stats["activity"][number];

const outcomes = [
  ["succeeded", "ok", "Succeeded"],
  ["failed", "bad", "Failed"],
  ["other", "rest", "Cancelled or unknown"],
] as const;

const width = 960;
const height = 160;

const total = ({ succeeded, failed, other }: Bar): number => succeeded + failed + other;

const units: Readonly<Record<Stats["unit"], string>> = { hour: "Hour", day: "Day", month: "Month" };

function labelOf({ startMs }: Bar, unit: Stats["unit"]): string {
  const start = new Date(startMs);
  if (unit === "hour") return start.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (unit === "month") return start.toLocaleDateString([], { month: "short", year: "numeric" });
  return start.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
}

function barView(bar: Bar, index: number, slot: number, highest: number, unit: Stats["unit"]) {
  let top = height;
  const segments = outcomes.map(([outcome, className]) => {
    const barHeight = (bar[outcome] / highest) * (height - 8);
    top -= barHeight;
    return barHeight === 0
      ? ""
      : svg`<rect class=${className} x=${index * slot + slot * 0.12} y=${top} width=${slot * 0.76} height=${barHeight}></rect>`;
  });
  return svg`<g><title>${labelOf(bar, unit)}: ${countText(total(bar), "command")}, ${bar.failed} failed</title>
    <rect x=${index * slot} y="0" width=${slot} height=${height} fill="transparent"></rect>${segments}</g>`;
}

export function activityChart({ activity, unit, commands }: Stats): TemplateResult {
  const highest = Math.max(1, ...activity.map(total));
  const slot = width / Math.max(1, activity.length);
  const [first, middle, last] = [activity[0], activity[Math.floor(activity.length / 2)], activity.at(-1)];
  const shown = activity.filter((bar) => total(bar) > 0);
  return html`<section class="panel">
    <div class="row spread">
      <h2>Activity</h2>
      <div class="legend">${outcomes.map(([, className, name]) => html`<span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class=${className} width="10" height="10" rx="2"></rect></svg>${name}</span>`)}</div>
    </div>
    <svg class="chart" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${countText(commands, "command")}, peak: ${highest} per ${units[unit].toLowerCase()}; data in the table below">
      ${activity.map((bar, index) => barView(bar, index, slot, highest, unit))}
      <line class="base" x1="0" y1=${height} x2=${width} y2=${height}></line>
    </svg>
    <div class="axis" aria-hidden="true">${[first, middle, last].map((bar) => html`<span>${bar === undefined ? "" : labelOf(bar, unit)}</span>`)}</div>
    <details>
      <summary>Show as table</summary>
      <div class="scroll"><table>
        <thead><tr><th scope="col">${units[unit]}</th>${outcomes.map(([, , name]) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
        <tbody>${shown.map((bar) => html`<tr><th scope="row">${labelOf(bar, unit)}</th>${outcomes.map(([outcome]) => html`<td class="number">${bar[outcome]}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </section>`;
}
