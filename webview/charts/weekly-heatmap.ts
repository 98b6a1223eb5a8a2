/** One square per weekday and hour, which opens the hour, and a table of the same data. */
import { html, svg, type TemplateResult } from "lit-html";
import { activityText, square } from "./squares.ts";

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const hours = Array.from({ length: 24 }, (_, hour) => hour);
const hourText = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

const cell = 16;
const left = 30;
const top = 16;
/** A busiest hour of fewer is chance. */
const minCount = 10;

/** The hour of the week as a group of answers: "1 14:00". */
const keyOf = (at: number): string => `${Math.floor(at / 24) + 1} ${hourText(at % 24)}`;

/** `counts`: by weekday from Monday and hour, 168 values. `open`: with the group of a square. */
export function weeklyHeatmap(counts: readonly number[], open: (key: string) => void): TemplateResult {
  const max = Math.max(0, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const busiest = counts.indexOf(max);
  const day = days[Math.floor(busiest / 24)];
  const summary =
    max < minCount ? activityText(total) : `Busiest: ${day}, ${hourText(busiest % 24)} (${activityText(max)})`;
  return html`
    <svg class="heatmap" viewBox="0 0 ${left + 24 * cell} ${top + 7 * cell}" role="group" aria-label="${summary}; data in the table below">
      ${hours.filter((hour) => hour % 6 === 0).map((hour) => svg`<text x=${left + hour * cell} y="11">${hourText(hour)}</text>`)}
      ${days.map((name, at) => svg`<text x="0" y=${top + at * cell + 12}>${name.slice(0, 3)}</text>`)}
      ${counts.map((count, at) =>
        square({
          at,
          label: `${days[Math.floor(at / 24)]} ${hourText(at % 24)}`,
          count,
          max,
          x: left + (at % 24) * cell + 1,
          y: top + Math.floor(at / 24) * cell + 1,
          size: cell - 2,
          isTabStop: at === busiest,
          right: 1,
          down: 24,
          open: () => open(keyOf(at)),
        }),
      )}
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
