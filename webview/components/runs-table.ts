/** Single runs and tool calls, newest first. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { EndedRun } from "../../shared/protocol/query.ts";
import { clockText, numberText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { groupLabel, workspaceLabel } from "../data/names.ts";
import type { Actions, ViewState } from "../state.ts";
import { timeText } from "./figures.ts";

/** "ok", or what went wrong. */
function outcomeText({ outcome, exitClass, error }: EndedRun, { state }: ViewState): string {
  const why = error ?? (exitClass === "success" ? null : exitClass);
  if (outcome === null) return "–";
  return outcome === "ok" || why === null ? outcome : `${outcome}: ${groupLabel("error", why, state)}`;
}

/** `total`: how many there are; retention may have deleted some. */
export function runsTable(
  runs: readonly EndedRun[],
  total: number,
  model: ViewState,
  { go }: Actions,
): TemplateResult | typeof nothing {
  if (total === 0) return nothing;
  const { state } = model;
  const nowMs = state?.nowMs ?? 0;
  if (runs.length === 0)
    return html`<h3>Last runs</h3><p class="quiet">The single events of this period have expired; the totals remain.</p>`;
  return html`<h3>Last ${runs.length} of ${numberText(total)}</h3>
    <div class="scroll"><table>
      <caption class="hidden">Last runs</caption>
      <thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col" class="number">Duration</th><th scope="col">Outcome</th><th scope="col">Where</th></tr></thead>
      <tbody>${runs.map((run) => {
        const time = clockText(run.tsMs, nowMs);
        const where =
          run.workspace === null ? sourceLabel(run.source) : workspaceLabel(run.workspace, state?.workspaces);
        return html`<tr>
          <th scope="row"><button class="link name" title="Show the session" aria-label="Session of ${time}, ${run.name}" @click=${() => go({ subject: { by: "session", key: run.session } })}>${time}</button></th>
          <td>${run.name}</td>
          <td class="number">${timeText(run.durationMs)}</td>
          <td class=${run.outcome === "failed" ? "failed" : ""}>${outcomeText(run, model)}</td>
          <td>${where}</td>
        </tr>`;
      })}</tbody>
    </table></div>`;
}
