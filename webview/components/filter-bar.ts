/** The filters of all tabs: period, comparison, workspace, agent, source, and others as chips. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { type Comparison, type FilterName, filterNames, filterValues } from "../../shared/protocol/query.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import { agentSources, sources } from "../../shared/schema/sources.ts";
import { dayText } from "../../shared/text/format.ts";
import { exitRulesMessage } from "../../shared/text/sentences.ts";
import { groupingName, groupLabel } from "../data/names.ts";
import { coverageText, presetPeriod, presets } from "../data/periods.ts";
import { compared, withoutFilter } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";
import { hasNothing } from "./pending.ts";

const inputValue = (event: Event): string =>
  event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement ? event.target.value : "";

type DayRange = Extract<PeriodSelection, { period: "custom" }>;

/** Earlier dates are being typed. */
const firstDay = "2000-01-01";

/** Shows two date inputs. Incomplete dates are not asked for; a reversed range says so. */
function dayRange(range: DayRange, choose: (period: PeriodSelection) => void): TemplateResult {
  const day = (name: "from" | "to", title: string) =>
    html`<div class="field"><label for="day-${name}">${title}</label><input
      type="date"
      id="day-${name}"
      .value=${range[name]}
      min=${firstDay}
      max=${dayText(Date.now())}
      @change=${(event: Event) => {
        const changed = { ...range, [name]: inputValue(event) };
        const input = event.target as HTMLInputElement;
        const isReversed = changed.from > changed.to;
        input.setCustomValidity(isReversed ? "The last day is before the first." : "");
        if (isReversed) input.reportValidity();
        else if (changed.from >= firstDay && changed.to >= firstDay) choose(changed);
      }}
    ></div>`;
  return html`${day("from", "From")}${day("to", "To")}`;
}

const other = "Custom range";

function periodField({ view, state }: ViewState, { go }: Actions): TemplateResult {
  const { period } = view;
  const nowMs = state?.nowMs ?? Date.now();
  const name = view.preset ?? other;
  const today = dayText(nowMs);
  const choose = (chosen: string) => {
    const preset = presetPeriod(chosen, nowMs);
    go(
      preset === undefined
        ? { period: period.period === "custom" ? period : { period: "custom", from: today, to: today }, preset: null }
        : { period: preset, preset: chosen },
    );
  };
  return html`
    <div class="field"><label for="period">Period</label><select id="period" @change=${(event: Event) => choose(inputValue(event))}>
      ${[...presets.map(([one]) => one), other].map((one) => html`<option .selected=${live(one === name)}>${one}</option>`)}
    </select></div>
    ${period.period === "custom" && view.preset === null ? dayRange(period, (chosen) => go({ period: chosen, preset: null })) : nothing}
  `;
}

const comparisonNames: Readonly<Record<Comparison, string>> = {
  previous: "Period before",
  year: "Same days last year",
};

function comparisonField({ view }: ViewState, { go }: Actions): TemplateResult {
  return html`<div class="field"><label for="compare">Compared with</label><select id="compare" @change=${(event: Event) => go({ compare: inputValue(event) as Comparison })}>
    ${Object.entries(comparisonNames).map(([value, name]) => html`<option value=${value} .selected=${live(value === view.compare)}>${name}</option>`)}
  </select></div>`;
}

/** A choice of one value; a filter of several is shown as a chip. */
function filterField(
  name: FilterName,
  all: string,
  values: readonly string[],
  { view, state }: ViewState,
  { go }: Actions,
): TemplateResult {
  const current = view.filters[name] ?? "";
  const isSimple = values.includes(current);
  const choose = (value: string) => {
    const others = withoutFilter(view.filters, name);
    go({ filters: value === "" ? others : { ...others, [name]: value } });
  };
  return html`<div class="field"><label for="filter-${name}">${groupingName(name)}</label><select id="filter-${name}" @change=${(event: Event) => choose(inputValue(event))}>
    <option value="" .selected=${live(current === "" || !isSimple)}>${all}</option>
    ${values.map((value) => html`<option value=${value} .selected=${live(value === current)}>${groupLabel(name, value, state)}</option>`)}
  </select></div>`;
}

/** Filters that have no field of their own, or more than one value. */
function chips(
  model: ViewState,
  { go }: Actions,
  inFields: Readonly<Partial<Record<FilterName, readonly string[]>>>,
): unknown {
  const { view, state } = model;
  const shown = filterNames.filter((name) => {
    const value = view.filters[name];
    return value !== undefined && inFields[name]?.includes(value) !== true;
  });
  if (shown.length === 0) return nothing;
  return html`<div class="row chips" role="group" aria-label="Filters">
    ${shown.map((name) => {
      const { included, excluded } = filterValues(view.filters[name] ?? "");
      const names = (values: readonly string[]) =>
        values.map((value) => groupLabel(name, value.replace(/^=/, ""), state)).join(", ");
      const parts = [
        ...(included.length === 0 ? [] : [names(included)]),
        ...(excluded.length === 0 ? [] : [`not ${names(excluded)}`]),
      ];
      const text = `${groupingName(name)}: ${parts.join(", ")}`;
      return html`<span class="chip">${text}<button class="icon" aria-label="Remove filter ${text}" @click=${() => go({ filters: withoutFilter(view.filters, name) })}>✕</button></span>`;
    })}
    <button class="link" @click=${() => go({ filters: {} })}>Clear filters</button>
  </div>`;
}

export function filterBar(model: ViewState, actions: Actions): TemplateResult | typeof nothing {
  const { state, view } = model;
  if (hasNothing(model)) return nothing;
  // The figures come first: the worker answers in this order.
  const answer = actions.ask("total", compared(view, "time")).result;
  const known = actions.ask("filters", {
    kind: "figures",
    params: { period: view.period, by: "source", filters: {}, compare: null },
  });
  if (state === null) return nothing;
  const found = (known.result?.groups ?? []).map(({ key }) => key).filter((key) => key !== "");
  const inFields = {
    workspace: state.workspaces.known,
    agent: listed(agentSources, found, view.filters.agent),
    source: listed(sources, found, view.filters.source),
  };
  const since = answer?.exitRulesSinceMs ?? null;
  const coverage = [
    answer === undefined ? "" : coverageText(answer),
    since === null ? "" : translated(exitRulesMessage(since)),
  ]
    .filter((text) => text !== "")
    .join(" ");
  return html`
    <div class="filters" role="group" aria-label="Period and filters">
      ${periodField(model, actions)}
      ${comparisonField(model, actions)}
      ${inFields.workspace.length < 2 ? nothing : filterField("workspace", "All workspaces", inFields.workspace, model, actions)}
      ${inFields.agent.length === 0 ? nothing : filterField("agent", "All agents", inFields.agent, model, actions)}
      ${inFields.source.length < 2 ? nothing : filterField("source", "All sources", inFields.source, model, actions)}
    </div>
    ${chips(model, actions, inFields)}
    ${coverage === "" ? nothing : html`<p class="quiet coverage">${coverage}</p>`}
  `;
}

/** Those that occur, and the chosen one. */
const listed = (all: readonly string[], found: readonly string[], chosen: string | undefined): readonly string[] =>
  all.filter((one) => found.includes(one) || one === chosen);
