/** Activity over time: commands, tool calls, failures, time or cost. */
import { html, type TemplateResult } from "lit-html";
import type { Answer, Grouping, Measures } from "../../shared/protocol/query.ts";
import { numberText, roundTimeText, usdText } from "../../shared/text/format.ts";
import { barChart, legend, type Series } from "../charts/bars.ts";
import { groupingName, timeLabel } from "../data/names.ts";
import { daysWithin, timeSubject } from "../data/questions.ts";
import { type Actions, type ActivityMeasure, activityMeasures, type ViewState } from "../state.ts";

const measureNames: Readonly<Record<ActivityMeasure, string>> = {
  runs: "Commands",
  calls: "Tool calls",
  failures: "Failures",
  time: "Waiting time",
  cost: "Cost",
};

interface MeasureView {
  readonly kind: "count" | "duration" | "money";
  readonly text: (value: number) => string;
  readonly series: readonly (readonly [name: string, className: string, value: (measures: Measures) => number])[];
}

const outcomes = (kind: "runs" | "calls"): MeasureView["series"] => [
  ["Succeeded", "ok", (measures) => measures[kind].ok],
  ["Failed", "bad", (measures) => measures[kind].failed],
  ["Other", "rest", (measures) => measures[kind].count - measures[kind].ok - measures[kind].failed],
];

const measureViews: Readonly<Record<ActivityMeasure, MeasureView>> = {
  runs: { kind: "count", text: numberText, series: outcomes("runs") },
  calls: { kind: "count", text: numberText, series: outcomes("calls") },
  failures: {
    kind: "count",
    text: numberText,
    series: [
      ["Commands", "bad", ({ runs }) => runs.failed],
      ["Tool calls", "second", ({ calls }) => calls.failed],
    ],
  },
  time: { kind: "duration", text: roundTimeText, series: [["Waiting time", "first", ({ waitingMs }) => waitingMs]] },
  cost: { kind: "money", text: usdText, series: [["List price", "first", ({ cost }) => cost.listUsd ?? 0]] },
};

const isWeekend = (key: string): boolean => {
  const [year = 0, month = 1, day = 1] = key.split("-").map(Number);
  return [0, 6].includes(new Date(year, month - 1, day).getDay());
};

/** `answer`: by time. */
export function activityPanel(answer: Answer, model: ViewState, actions: Actions): TemplateResult {
  const { groups, by } = answer;
  const { kind, text, series } = measureViews[model.measure];
  const grouping: Grouping = by ?? "day";
  const shown: readonly Series[] = series.map(([name, className, value]) => ({
    name,
    className,
    values: groups.map(({ measures }) => value(measures)),
  }));
  const id = "activity";
  return html`<section class="panel wide-panel">
    <div class="row spread">
      <h2>Activity</h2>
      <div class="segments" role="group" aria-label="Measure">
        ${activityMeasures.map((name) => html`<button aria-pressed=${name === model.measure} @click=${() => actions.setState({ measure: name })}>${measureNames[name]}</button>`)}
      </div>
    </div>
    ${barChart({
      id,
      title: `${measureNames[model.measure]} per ${groupingName(grouping).toLowerCase()}`,
      unit: groupingName(grouping),
      labels: groups.map(({ key }) => timeLabel(grouping, key)),
      series: shown,
      kind,
      text,
      isShaded: (at) => grouping === "day" && isWeekend(groups[at]?.key ?? ""),
      onOpen: (at) => actions.go({ subject: timeSubject(answer, groups[at]?.key ?? "") }),
      // The days of hours are one or a few.
      ...(grouping === "hour"
        ? {}
        : {
            onRange: (first: number, last: number) =>
              actions.go({
                period: daysWithin(answer, grouping, groups[first]?.key ?? "", groups[last]?.key ?? ""),
                preset: null,
              }),
            setRange: (bars: readonly [number, number] | null) =>
              actions.setState({ range: bars === null ? null : { chart: id, bars } }),
          }),
      range: model.range?.chart === id ? model.range.bars : null,
    })}
    <div class="row spread">${legend(shown)}<span class="quiet hint">${grouping === "hour" ? "Click a bar for its day." : "Click a bar for details; drag to select a period."}</span></div>
  </section>`;
}
