/** When in the week: a square for each hour, drawn as SVG, with a table of the same numbers under it. */
import { html, nothing, svg, type TemplateResult } from "lit";
import type { WeeklyActivity } from "../../shared/protocol/reports.ts";
import { countText } from "../../shared/text/format.ts";

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const hours = Array.from({ length: 24 }, (_, hour) => hour);
const hourText = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** How strong a square's colour is, of the busiest one's. */
const steps = [0.25, 0.5, 0.75, 1] as const;

const cell = { width: 36, height: 22 } as const;
const left = 44;
const top = 20;

function strength(count: number, max: number): number {
  return count === 0 ? 0 : (steps.find((step) => count <= step * max) ?? 1);
}

function squareView(count: number, day: number, hour: number, max: number) {
  return svg`<rect
    class=${count === 0 ? "none" : "some"} fill-opacity=${count === 0 ? 1 : strength(count, max)}
    x=${left + hour * cell.width + 1} y=${top + day * cell.height + 1} width=${cell.width - 2} height=${cell.height - 2} rx="3"
  ><title>${days[day]} ${hourText(hour)}: ${count}</title></rect>`;
}

export function weeklyHeatmap({ week, fromMs, weekFromMs }: WeeklyActivity): TemplateResult {
  const max = Math.max(0, ...week);
  if (max === 0) return html``;
  const busiest = week.indexOf(max);
  const summary = `Busiest on ${days[Math.floor(busiest / 24)]} from ${hourText(busiest % 24)} to ${hourText((busiest % 24) + 1)}, with ${countText(max, "command or tool use", "commands and tool uses")}`;
  return html`<section class="panel">
    <div class="row spread">
      <h2>When in the week</h2>
      ${weekFromMs > fromMs ? html`<span class="quiet">since ${new Date(weekFromMs).toLocaleDateString()}</span>` : nothing}
    </div>
    <svg class="week" viewBox="0 0 ${left + 24 * cell.width} ${top + 7 * cell.height}" role="img" aria-label="${summary}; the table below has the numbers">
      ${hours.filter((hour) => hour % 3 === 0).map((hour) => svg`<text x=${left + hour * cell.width + 2} y="13">${hourText(hour)}</text>`)}
      ${days.map((name, day) => svg`<text x="0" y=${top + day * cell.height + 15}>${name.slice(0, 3)}</text>`)}
      ${week.map((count, at) => squareView(count, Math.floor(at / 24), at % 24, max))}
    </svg>
    <p class="quiet">${summary}.</p>
    <details>
      <summary>As a table</summary>
      <div class="scroll"><table>
        <thead><tr><th scope="col">Hour</th>${days.map((name) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
        <tbody>${hours.map((hour) => html`<tr><th scope="row">${hourText(hour)}</th>${days.map((_, day) => html`<td class="number">${week[day * 24 + hour]}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </section>`;
}
