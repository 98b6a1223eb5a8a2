/** Selects the period of the statistics: one that ends now, or a custom range of days. */
import { html, nothing, type TemplateResult } from "lit";
import { type Period, type PeriodSelection, periods, type Stats } from "../../shared/protocol/reports.ts";
import { dayText } from "../../shared/text/format.ts";
import type { Actions, ViewState } from "../state.ts";

export const periodNames: Readonly<Record<Period, string>> = {
  today: "Today",
  week: "7 days",
  month: "30 days",
  year: "12 months",
};

/** Returns the displayed period as a custom range. */
function customRange(stats: Stats | null): PeriodSelection {
  const to = Date.now();
  return {
    period: "custom",
    from: dayText(stats?.fromMs ?? to),
    to: dayText(Math.max(stats?.fromMs ?? to, (stats?.toMs ?? to) - 1)),
  };
}

type DayRange = Extract<PeriodSelection, { period: "custom" }>;

/** Shows two date inputs. Incomplete dates and a reversed range are ignored. */
function dayRangeView(range: DayRange, choose: (selection: PeriodSelection) => void): TemplateResult {
  const day = (name: "from" | "to", title: string) =>
    html`<label class="row">${title}<input
      type="date"
      .value=${range[name]}
      max=${name === "from" ? range.to : dayText(Date.now())}
      min=${name === "to" ? range.from : nothing}
      @change=${({ target }: Event) => {
        const changed = { ...range, [name]: (target as HTMLInputElement).value };
        if (changed.from !== "" && changed.to !== "" && changed.from <= changed.to) choose(changed);
      }}
    ></label>`;
  return html`<div class="row">${day("from", "From")}${day("to", "To")}</div>`;
}

/** Returns what the statistics cover: start of recording, day boundaries, end. */
function coverageText({ recordedFromMs, toMs }: Stats, { period }: PeriodSelection): string {
  const since =
    recordedFromMs === null
      ? ""
      : `Data since ${new Date(recordedFromMs).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}, `;
  const until =
    period === "custom"
      ? ""
      : `, as of ${new Date(toMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  return `${since}local time${until}`;
}

export function periodPicker({ state, selection }: ViewState, actions: Actions): TemplateResult {
  const stats = state?.stats ?? null;
  const choose = (chosen: PeriodSelection) => {
    actions.setState({ selection: chosen });
    actions.post({ type: "choosePeriod", selection: chosen });
  };
  return html`<div class="row spread period">
    <div class="segments" role="group" aria-label="Period">
      ${periods.map((period) => html`<button aria-pressed=${period === selection.period} @click=${() => choose({ period })}>${periodNames[period]}</button>`)}
      <button aria-pressed=${selection.period === "custom"} @click=${() => choose(customRange(stats))}>Custom range</button>
    </div>
    ${selection.period === "custom" ? dayRangeView(selection, choose) : nothing}
    ${stats === null ? nothing : html`<span class="quiet">${coverageText(stats, selection)}</span>`}
  </div>`;
}
