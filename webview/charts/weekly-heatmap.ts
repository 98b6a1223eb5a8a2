/** One square per weekday and hour as SVG, with a table of the same data. */
import { html, svg, type TemplateResult } from "lit-html";
import { countText } from "../../shared/text/format.ts";

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const hours = Array.from({ length: 24 }, (_, hour) => hour);
const hourText = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** Opacity steps, as a share of the busiest square. */
const steps = [0.25, 0.5, 0.75, 1] as const;

const cell = { width: 16, height: 16 } as const;
const left = 30;
const top = 16;
/** A busiest hour of fewer is chance. */
const minCount = 10;

/** Returns how opaque a square is; 0 for none. */
export const opacityOf = (count: number, max: number): number =>
  count === 0 ? 0 : (steps.find((step) => count <= step * max) ?? 1);

/** `counts`: by weekday from Monday and hour, 168 values. */
export function weeklyHeatmap(counts: readonly number[]): TemplateResult {
  const max = Math.max(0, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const busiest = counts.indexOf(max);
  const day = days[Math.floor(busiest / 24)];
  const what = countText(max, "command or tool call", "commands and tool calls");
  const summary =
    max < minCount
      ? `${countText(total, "command or tool call", "commands and tool calls")}`
      : `Busiest: ${day}, ${hourText(busiest % 24)} (${what})`;
  return html`
    <svg class="heatmap" viewBox="0 0 ${left + 24 * cell.width} ${top + 7 * cell.height}" role="img" aria-label="${summary}; data in the table below">
      ${hours.filter((hour) => hour % 6 === 0).map((hour) => svg`<text x=${left + hour * cell.width} y="11">${hourText(hour)}</text>`)}
      ${days.map((name, at) => svg`<text x="0" y=${top + at * cell.height + 12}>${name.slice(0, 3)}</text>`)}
      ${counts.map((count, at) => square(count, at, max))}
    </svg>
    <p class="quiet">${summary}</p>
    <details class="data">
      <summary>Show as table</summary>
      <div class="scroll"><table>
        <caption class="hidden">Commands and tool calls by weekday and hour</caption>
        <thead><tr><th scope="col">Hour</th>${days.map((name) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
        <tbody>${hours.map((hour) => html`<tr><th scope="row">${hourText(hour)}</th>${days.map((_, at) => html`<td class="number">${counts[at * 24 + hour] ?? 0}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>`;
}

function square(count: number, at: number, max: number) {
  const [day, hour] = [Math.floor(at / 24), at % 24];
  const opacity = opacityOf(count, max);
  return svg`<rect class=${count === 0 ? "none" : "some"} fill-opacity=${count === 0 ? 1 : opacity}
    x=${left + hour * cell.width + 1} y=${top + day * cell.height + 1} width=${cell.width - 2} height=${cell.height - 2} rx="2"
  ><title>${days[day]} ${hourText(hour)}: ${count}</title></rect>`;
}
