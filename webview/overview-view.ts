/** Overview: the numbers of a period, activity over time, the most used commands and tools. */
import { html, nothing, type TemplateResult } from "lit";
import { type Period, periods, type Ranked, type Selection, type Stats } from "../shared/numbers.ts";
import { sourceTitle } from "../shared/source-titles.ts";
import { countText, durationText } from "../shared/words.ts";
import { activityView } from "./activity-view.ts";
import type { Deeds, Model } from "./model.ts";

const periodNames: Readonly<Record<Period, string>> = {
  today: "Today",
  week: "7 days",
  month: "30 days",
  year: "12 months",
};

const percent = (share: number): string => `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)} %`;

function card(title: string, value: string, detail: string): TemplateResult {
  return html`<dl class="card"><dt>${title}</dt><dd>${value}</dd><dd class="quiet">${detail}</dd></dl>`;
}

function rankingView(title: string, rows: readonly Ranked[], what: string): TemplateResult {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return html`<section class="panel">
    <h2>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">Nothing in this period.</p>`
        : html`<div class="scroll"><table>
            <thead><tr><th scope="col">${what}</th><td></td><th class="number" scope="col">Runs</th><th class="number" scope="col">Failed</th><th class="number" scope="col">Median</th></tr></thead>
            <tbody>${rows.map(
              ({ name, source, count, failed, medianMs }) => html`<tr>
                <th scope="row">${name}${source === null ? nothing : html` <span class="where">${sourceTitle(source)}</span>`}</th>
                <td><svg class="share" viewBox="0 0 64 8" preserveAspectRatio="none" aria-hidden="true"><rect width=${Math.max(1, (64 * count) / most)} height="8" rx="2"></rect></svg></td>
                <td class="number">${count.toLocaleString("en-US")}</td>
                <td class="number ${failed > 0 ? "failing" : ""}">${failed === 0 ? "–" : failed.toLocaleString("en-US")}</td>
                <td class="number">${medianMs === null ? "–" : durationText(medianMs)}</td>
              </tr>`,
            )}</tbody>
          </table></div>`
    }
  </section>`;
}

/** How much more or less than before; a change of less than one in a hundred is none. */
function comparison(now: number, before: number | undefined): string {
  if (before === undefined || before === 0) return "";
  const change = Math.round((100 * (now - before)) / before);
  return change === 0 ? ", as before" : `, ${Math.abs(change)} % ${change > 0 ? "more" : "less"} than before`;
}

function pointsText(now: number | null, before: number | null | undefined): string {
  if (now === null || before === null || before === undefined) return "";
  const points = Math.round(100 * (now - before));
  return points === 0 ? ", as before" : `, ${Math.abs(points)} points ${points > 0 ? "better" : "worse"} than before`;
}

function numbersView(stats: Stats): TemplateResult {
  const { commands, succeeded, failed, cancelled, successRate, durations, sessions } = stats;
  const { before, averageSessionMs, tasksCompleted, workspacesCreated } = stats;
  const judged = succeeded + failed;
  return html`<div class="cards">
    ${card("Terminal commands", commands.toLocaleString("en-US"), `${judged === 0 ? "that ended" : cancelled === 0 ? `${failed} failed` : `${failed} failed, ${cancelled} cancelled`}${comparison(commands, before?.commands)}`)}
    ${card("Success rate", successRate === null ? "–" : percent(successRate), judged === 0 ? "no outcome known" : `of ${countText(judged, "command")}${pointsText(successRate, before?.successRate)}`)}
    ${card("Median duration", durations === null ? "–" : durationText(durations.medianMs), durations === null ? "no duration known" : `95 % under ${durationText(durations.p95Ms)}`)}
    ${card("Time in commands", durations === null ? "–" : durationText(durations.totalMs), `added up${comparison(durations?.totalMs ?? 0, before?.totalMs)}`)}
    ${card("Sessions", sessions.toLocaleString("en-US"), averageSessionMs === null ? "one per window and day" : `${durationText(averageSessionMs)} on average`)}
    ${card("Tasks completed", tasksCompleted.toLocaleString("en-US"), "told by Nexus tools")}
    ${card("Workspaces created", workspacesCreated.toLocaleString("en-US"), "told by Nexus tools")}
  </div>`;
}

function emptyView({ state }: Model, { change }: Deeds): TemplateResult {
  return state?.permission.mode === "off"
    ? html`<div class="panel empty">
        <h2>Nothing is recorded</h2>
        <p class="quiet">Nexus Telemetry shows what your tools do all day, what is slow and what fails. It stays on this machine, and it is off until you say yes.</p>
        <button @click=${() => change({ tab: "privacy" })}>Choose what to record</button>
      </div>`
    : html`<div class="panel empty">
        <h2>Nothing yet in this period</h2>
        <p class="quiet">Run a command in the integrated terminal; it appears here when it ends.</p>
      </div>`;
}

const dayText = (ms: number): string => new Date(ms).toLocaleDateString("sv-SE");

/** The days that are shown now, to be changed. */
function daysOf(stats: Stats | null): Selection {
  const to = Date.now();
  return {
    period: "custom",
    from: dayText(stats?.fromMs ?? to),
    to: dayText(Math.max(stats?.fromMs ?? to, (stats?.toMs ?? to) - 1)),
  };
}

type Days = Extract<Selection, { period: "custom" }>;

/** Two days; a day that is not chosen whole yet, and a last day before the first, are waited over. */
function daysView(days: Days, choose: (selection: Selection) => void): TemplateResult {
  const day = (name: "from" | "to", title: string) =>
    html`<label class="row">${title}<input
      type="date"
      .value=${days[name]}
      max=${name === "from" ? days.to : dayText(Date.now())}
      min=${name === "to" ? days.from : nothing}
      @change=${({ target }: Event) => {
        const chosen = { ...days, [name]: (target as HTMLInputElement).value };
        if (chosen.from !== "" && chosen.to !== "" && chosen.from <= chosen.to) choose(chosen);
      }}
    ></label>`;
  return html`<div class="row">${day("from", "From")}${day("to", "To")}</div>`;
}

export function overviewView(model: Model, deeds: Deeds): TemplateResult {
  const { state, selection } = model;
  const stats = state?.stats ?? null;
  const choose = (chosen: Selection) => {
    deeds.change({ selection: chosen });
    deeds.tell({ do: "choosePeriod", selection: chosen });
  };
  const empty = stats === null || (stats.commands === 0 && stats.sessions === 0);
  return html`
    ${
      state?.permission.mode === "off" && empty
        ? nothing
        : html`<div class="row spread">
            <div class="segments" role="group" aria-label="Period">
              ${periods.map((period) => html`<button aria-pressed=${period === selection.period} @click=${() => choose({ period })}>${periodNames[period]}</button>`)}
              <button aria-pressed=${selection.period === "custom"} @click=${() => choose(daysOf(stats))}>Other days</button>
            </div>
            ${selection.period === "custom" ? daysView(selection, choose) : nothing}
            ${stats === null ? nothing : html`<span class="quiet">${stats.recordedFromMs === null ? "" : `recorded since ${new Date(stats.recordedFromMs).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}, `}your local days${selection.period === "custom" ? "" : `, until ${new Date(stats.toMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`}</span>`}
          </div>`
    }
    ${
      empty || stats === null
        ? emptyView(model, deeds)
        : html`
            ${numbersView(stats)}
            ${activityView(stats)}
            <div class="columns">
              ${rankingView("Top commands", stats.topCommands, "Command")}
              ${rankingView("Top tools", stats.topTools, "Tool")}
            </div>
            ${stats.dropped === 0 ? nothing : html`<p class="quiet">${countText(stats.dropped, "event was", "events were")} lost in this period because the recorder could not keep up.</p>`}
          `
    }
  `;
}
