/** Weekly heatmap: one square per weekday and hour as SVG, with a table of the same data. */
import { html, nothing, svg, type TemplateResult } from "lit";
import type { WeeklyActivity } from "../../shared/protocol/reports.ts";
import { countText } from "../../shared/text/format.ts";

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const hours = Array.from({ length: 24 }, (_, hour) => hour);
const hourText = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** Opacity steps, as a share of the busiest hour. */
const steps = [0.25, 0.5, 0.75, 1] as const;

const cell = { width: 36, height: 22 } as const;
const left = 44;
const top = 20;

function opacity(count: number, max: number): number {
  return count === 0 ? 0 : (steps.find((step) => count <= step * max) ?? 1);
}

function squareView(count: number, day: number, hour: number, max: number) {
  return svg`<rect
    class=${count === 0 ? "none" : "some"} fill-opacity=${count === 0 ? 1 : opacity(count, max)}
    x=${left + hour * cell.width + 1} y=${top + day * cell.height + 1} width=${cell.width - 2} height=${cell.height - 2} rx="3"
  ><title>${days[day]} ${hourText(hour)}: ${count}</title></rect>`;
}

export function weeklyHeatmap({ week, fromMs, weekFromMs }: WeeklyActivity): TemplateResult {
  const max = Math.max(0, ...week);
  if (max === 0) return html``;
  const busiest = week.indexOf(max);
  const day = days[Math.floor(busiest / 24)];
  const hourRange = `${hourText(busiest % 24)} to ${hourText((busiest % 24) + 1)}`;
  const summary = `Busiest: ${day}, ${hourRange} (${countText(max, "command or tool call", "commands and tool calls")})`;
  return html`<section class="panel">
    <div class="row spread">
      <h2>Activity by weekday and hour</h2>
      ${weekFromMs > fromMs ? html`<span class="quiet">since ${new Date(weekFromMs).toLocaleDateString()}</span>` : nothing}
    </div>
    <svg class="week" viewBox="0 0 ${left + 24 * cell.width} ${top + 7 * cell.height}" role="img" aria-label="${summary}; data in the table below">
      ${hours.filter((hour) => hour % 3 === 0).map((hour) => svg`<text x=${left + hour * cell.width + 2} y="13">${hourText(hour)}</text>`)}
      ${days.map((name, day) => svg`<text x="0" y=${top + day * cell.height + 15}>${name.slice(0, 3)}</text>`)}
      ${week.map((count, at) => squareView(count, Math.floor(at / 24), at % 24, max))}
    </svg>
    <p class="quiet">${summary}</p>
    <details>
      <summary>Show as table</summary>
      <div class="scroll"><table>
        <thead><tr><th scope="col">Hour</th>${days.map((name) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
        <tbody>${hours.map((hour) => html`<tr><th scope="row">${hourText(hour)}</th>${days.map((_, day) => html`<td class="number">${week[day * 24 + hour]}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </section>`;
}
