/** Which days are shown: a period that ends now, or any days. */
import { html, nothing, type TemplateResult } from "lit";
import { type Period, type PeriodSelection, periods, type Stats } from "../../shared/protocol/reports.ts";
import type { Actions, ViewState } from "../state.ts";

const periodNames: Readonly<Record<Period, string>> = {
  today: "Today",
  week: "7 days",
  month: "30 days",
  year: "12 months",
};

const dayText = (ms: number): string => new Date(ms).toLocaleDateString("sv-SE");

/** The days that are shown now, to be changed. */
function daysOf(stats: Stats | null): PeriodSelection {
  const to = Date.now();
  return {
    period: "custom",
    from: dayText(stats?.fromMs ?? to),
    to: dayText(Math.max(stats?.fromMs ?? to, (stats?.toMs ?? to) - 1)),
  };
}

type Days = Extract<PeriodSelection, { period: "custom" }>;

/** Two days; a day that is not chosen whole yet, and a last day before the first, are waited over. */
function daysView(days: Days, choose: (selection: PeriodSelection) => void): TemplateResult {
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

/** What the numbers are of, in words. */
function daysText({ recordedFromMs, toMs }: Stats, { period }: PeriodSelection): string {
  const since =
    recordedFromMs === null
      ? ""
      : `recorded since ${new Date(recordedFromMs).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}, `;
  const until =
    period === "custom"
      ? ""
      : `, until ${new Date(toMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  return `${since}your local days${until}`;
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
      <button aria-pressed=${selection.period === "custom"} @click=${() => choose(daysOf(stats))}>Other days</button>
    </div>
    ${selection.period === "custom" ? daysView(selection, choose) : nothing}
    ${stats === null ? nothing : html`<span class="quiet">${daysText(stats, selection)}</span>`}
  </div>`;
}
