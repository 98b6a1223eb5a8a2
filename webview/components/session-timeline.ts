/** What happened in a session, moment by moment. */
import { html, type TemplateResult } from "lit-html";
import { countText, dateTimeText, durationText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import type { Actions, ViewState } from "../state.ts";
import { timeText } from "./figures.ts";

/** Moments that are shown at first. */
const maxMoments = 200;

export function sessionTimeline(id: string, model: ViewState, actions: Actions): TemplateResult {
  const { result: events, failure } = actions.ask(`timeline ${id}`, { kind: "timeline", params: { id } });
  if (events === undefined)
    return html`<p class="quiet">${failure === null ? "Loading…" : "The session cannot be read."}</p>`;
  if (events === null || events.length === 0)
    return html`<p class="quiet">No single events of this session are stored: they have expired, or were deleted.</p>`;
  const table = model.tables[`session ${id}`];
  const limit = Math.max(maxMoments, table?.shown ?? 0);
  const [first, last] = [events[0]?.tsMs ?? 0, events.at(-1)?.tsMs ?? 0];
  const more = () =>
    actions.setState({
      tables: {
        ...model.tables,
        [`session ${id}`]: { sort: null, isDescending: false, search: "", shown: events.length },
      },
    });
  const copy = () => actions.post({ type: "copy", text: `nexus sessions ${id}` });
  return html`
    <p>${dateTimeText(first)}, ${durationText(last - first)}, ${countText(events.length, "moment")}. <button class="link" @click=${copy}>Copy command</button></p>
    <div class="scroll"><table>
      <caption class="hidden">Timeline of the session</caption>
      <thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col" class="number">Duration</th><th scope="col">Outcome</th><th scope="col">Source</th></tr></thead>
      <tbody>${events.slice(0, limit).map(
        ({ tsMs, name, durationMs, outcome, source }) => html`<tr>
          <th scope="row">${dateTimeText(tsMs).slice(11)}</th>
          <td>${name}</td>
          <td class="number">${timeText(durationMs)}</td>
          <td class=${outcome === "failed" ? "failed" : ""}>${outcome ?? "–"}</td>
          <td>${sourceLabel(source)}</td>
        </tr>`,
      )}</tbody>
    </table></div>
    ${events.length > limit ? html`<button class="link more" @click=${more}>Show all ${events.length}</button>` : ""}
  `;
}
