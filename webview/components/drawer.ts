/** The drawer: everything about one group, a day or a session, from its runs to the command that prints it. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Answer, Details, Ended, EndedRun, FilterName, Group, Measures } from "../../shared/protocol/query.ts";
import type { Insights } from "../../shared/protocol/reports.ts";
import { countText, durationText, numberText, percentText, roundTimeText, usdText } from "../../shared/text/format.ts";
import { insightText } from "../../shared/text/insights.ts";
import { listCostText, outputText } from "../../shared/text/lower-bound.ts";
import { workspaceName } from "../../shared/text/workspace-names.ts";
import { barChart, legend, type Series } from "../charts/bars.ts";
import { copyPicture } from "../charts/picture.ts";
import { changeOf, pointsOf } from "../data/change.ts";
import { commandLine } from "../data/command-line.ts";
import { type Copied, csvOf, markdownOf } from "../data/copies.ts";
import { slowerCommands } from "../data/insight-subject.ts";
import { groupingName, groupLabel, timeLabel } from "../data/names.ts";
import { comparisonText } from "../data/periods.ts";
import { compared, excluding, figures, filterOf, questionOf, timeSubject, usual, viewOf } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";
import type { Subject } from "../view.ts";
import { dataTable } from "./data-table.ts";
import { dismissForm } from "./dismiss-form.ts";
import { changeView, failureView, rateText, timeText } from "./figures.ts";
import { groupLink } from "./group-link.ts";
import { runsTable } from "./runs-table.ts";
import { sessionTimeline } from "./session-timeline.ts";

const isTime = ({ by }: Subject): boolean => ["hour", "day", "week", "month"].includes(by);

function titleOf(subject: Subject, labelOf: (by: Subject["by"] | FilterName, key: string) => string): string {
  if (isTime(subject)) return timeLabel(subject.by, subject.key);
  const limits = Object.entries(subject.filters ?? {}).map(([name, value]) => labelOf(name as FilterName, value));
  const label = labelOf(subject.by, subject.key);
  return limits.length === 0 ? label : `${label} (${limits.join(", ")})`;
}

/** Labels that fit below a chart of the drawer. */
const maxLabels = 4;

/** Facts as text, for the page and to copy. */
type Fact = readonly [name: string, text: string, view?: unknown];

function endedFacts(
  ended: Ended,
  before: Ended | undefined,
  usually: Ended | undefined,
  what: string,
  isSlower: boolean,
): readonly Fact[] {
  if (ended.count === 0) return [];
  const { failure, medianMs, p95Ms, p99Ms, timed } = ended;
  const change = pointsOf(ended, before);
  const rate =
    failure === null
      ? "no outcome known"
      : `${rateText(failure.rate)} (${rateText(failure.low)} to ${rateText(failure.high)}), ${numberText(ended.failed)} of ${numberText(failure.sample)}`;
  const median = changeOf(
    { value: medianMs, sample: timed },
    before === undefined ? undefined : { value: before.medianMs, sample: before.timed },
    isSlower ? "more-is-bad" : "neutral",
  );
  const cancelled = ended.cancelled === 0 ? "" : `, ${numberText(ended.cancelled)} cancelled`;
  return [
    [what, `${numberText(ended.count)}${cancelled}`],
    [
      "Failed",
      rate,
      html`${failureView(ended, usually)} ${failure === null ? nothing : html`<span class="quiet">${numberText(ended.failed)} of ${numberText(failure.sample)}</span>`} ${changeView(change)}`,
    ],
    ["Median", timeText(medianMs), html`${timeText(medianMs)} ${changeView(median)}`],
    ["P95, P99", `${timeText(p95Ms)}, ${timeText(p99Ms)}`],
    ["Total", durationText(ended.totalMs)],
  ];
}

function factsOf(
  { total, before }: Answer,
  usually: Measures | undefined,
  commandClass: string | null,
  isSlower: boolean,
): readonly Fact[] {
  const { runs, calls, waitingMs, tokens, cost, turns, refused, permissionWaitMs } = total;
  const was = before?.total;
  const kind: readonly Fact[] = commandClass === null ? [] : [["Class", commandClass.replaceAll("_", " ")]];
  const hasTokens = tokens.input + tokens.output > 0;
  return [
    ...kind,
    ...endedFacts(runs, was?.runs, usually?.runs, "Runs", isSlower),
    ...(waitingMs > 0 ? [["Waiting", durationText(waitingMs)] as const] : []),
    ...endedFacts(calls, was?.calls, usually?.calls, "Tool calls", false),
    ...(turns > 0 ? [["Turns", numberText(turns)] as const] : []),
    ...(refused > 0 ? [["Refused", numberText(refused)] as const] : []),
    ...(permissionWaitMs > 0 ? [["Waited for you", durationText(permissionWaitMs)] as const] : []),
    ...(hasTokens
      ? ([
          [
            "Tokens",
            `${numberText(tokens.input)} in (${percentText(tokens.input === 0 ? null : tokens.cacheRead / tokens.input)} from the cache), ${outputText(total)} out`,
          ],
          [
            "Cost",
            `${listCostText(total)} at list prices${cost.reportedUsd === null ? "" : `, ${usdText(cost.reportedUsd)} reported`}`,
          ],
        ] as const)
      : []),
  ];
}

function historyView(answer: Answer, actions: Actions): TemplateResult | typeof nothing {
  const { groups, by, total } = answer;
  const grouping = by ?? "day";
  if (groups.length < 2) return nothing;
  const kind = total.runs.count >= total.calls.count ? "runs" : "calls";
  const isCost = total.runs.count + total.calls.count === 0;
  const values = (of: (measures: Measures) => number) => groups.map(({ measures }) => of(measures));
  const series: readonly Series[] = isCost
    ? [{ name: "List price", className: "first", values: values(({ cost }) => cost.listUsd ?? 0) }]
    : [
        { name: "Succeeded", className: "ok", values: values((measures) => measures[kind].ok) },
        { name: "Failed", className: "bad", values: values((measures) => measures[kind].failed) },
        {
          name: "Other",
          className: "rest",
          values: values((measures) => measures[kind].count - measures[kind].ok - measures[kind].failed),
        },
      ];
  return html`<h3>Over time</h3>
    ${barChart({
      id: "history",
      maxLabels,
      title: isCost ? "Cost over time" : kind === "runs" ? "Runs over time" : "Tool calls over time",
      unit: groupingName(grouping),
      labels: groups.map(({ key }) => timeLabel(grouping, key)),
      series,
      kind: isCost ? "money" : "count",
      text: isCost ? usdText : numberText,
      onOpen: (at) => {
        const { period } = timeSubject(answer, groups[at]?.key ?? "");
        if (period !== undefined) actions.go({ period, preset: null });
      },
    })}
    ${legend(series)}`;
}

function durationsView({ durations }: Details): TemplateResult | typeof nothing {
  if (durations.length === 0) return nothing;
  const label = ({ fromMs, toMs }: Details["durations"][number]) =>
    toMs === null
      ? `over ${roundTimeText(fromMs)}`
      : fromMs === 0
        ? `under ${roundTimeText(toMs)}`
        : `${roundTimeText(fromMs)} to ${roundTimeText(toMs)}`;
  return html`<h3>Durations</h3>
    ${barChart({
      id: "durations",
      maxLabels,
      title: "Number of runs by duration",
      unit: "Duration",
      labels: durations.map(label),
      series: [{ name: "Runs", className: "first", values: durations.map(({ count }) => count) }],
      kind: "count",
      text: numberText,
    })}`;
}

/** The insights about a command, and how to hide it. */
function insightsOf(
  insights: Insights | undefined,
  command: string,
  model: ViewState,
  actions: Actions,
): TemplateResult | typeof nothing {
  const dismissed = new Set((model.state?.dismissed ?? []).map(({ id }) => id));
  const own = (insights?.insights ?? []).filter(
    ({ id, subject, agent }) => subject === command && agent === null && !dismissed.has(id),
  );
  if (own.length === 0) return nothing;
  return html`<h3>Insights</h3>
    <ul class="plain">${own.map((insight) => html`<li>${translated(insightText(insight).sentence)} ${dismissForm(insight.id, translated(insightText(insight).sentence), model, actions)}</li>`)}</ul>`;
}

/** How many runs and calls ended in each way. */
function outcomesView(
  by: "exit" | "error" | "command" | "tool" | "agent",
  answer: Answer | undefined,
  model: ViewState,
  actions: Actions,
  title: string,
): TemplateResult | typeof nothing {
  const of = ({ measures }: Group) => measures.runs.count + measures.calls.count;
  const rows = (answer?.groups ?? []).filter((group) => group.key !== "" && of(group) > 0);
  if (rows.length === 0) return nothing;
  return html`<h3>${title}</h3>${dataTable<Group>(
    {
      id: `drawer-${by}`,
      caption: title,
      columns: [
        {
          name: groupingName(by),
          view: ({ key }) => groupLink(by, key, model, actions),
          value: ({ key }) => groupLabel(by, key, model.state),
          isText: true,
        },
        { name: "Runs", view: (group) => numberText(of(group)), value: of },
        {
          name: "Failed",
          view: ({ measures }) => numberText(measures.runs.failed + measures.calls.failed),
          value: ({ measures }) => measures.runs.failed + measures.calls.failed,
        },
        {
          name: "Total",
          view: ({ measures }) => durationText(measures.runs.totalMs + measures.calls.totalMs),
          value: ({ measures }) => measures.runs.totalMs + measures.calls.totalMs,
        },
      ],
      rows,
      sort: "Runs",
      empty: "",
      size: 6,
    },
    model,
    actions,
  )}`;
}

const tryNames = ["2", "3", "4", "5 or more"] as const;

function triesView(subject: Subject, model: ViewState, { ask }: Actions): TemplateResult | typeof nothing {
  // They are of all runs.
  if (subject.by !== "command" || Object.keys(model.view.filters).length > 0) return nothing;
  const tries = ask(`tries ${subject.key}`, {
    kind: "tries",
    params: { period: model.view.period, command: subject.key },
  }).result;
  if (tries === undefined || tries === null || tries.phases === 0) return nothing;
  const parts = tries.byTries.flatMap((count, at) =>
    count === 0 ? [] : [`${tryNames[at]} tries: ${numberText(count)}`],
  );
  return html`<h3>Tries until green</h3><p>Failed ${countText(tries.phases, "time")} and then succeeded; median ${tries.medianTries} tries. <span class="quiet">${parts.join(", ")}.</span></p>`;
}

function buttons(subject: Subject, copied: Copied, model: ViewState, actions: Actions): TemplateResult {
  const { view } = model;
  const name = filterOf(subject.by);
  const key = subject.key;
  const value = subject.by === "command" ? `=${key}` : key;
  const limit = () => actions.go({ filters: viewOf(view, subject).filters, subject: null });
  const exclude = (of: FilterName) => actions.go({ filters: excluding(view.filters, of, value), subject: null });
  const copy = (text: string) => actions.post({ type: "copy", text });
  const picture = async () => {
    const chart = document.querySelector<SVGSVGElement>("#history, #durations");
    try {
      if (chart === null) throw new Error("There is no chart.");
      await copyPicture(chart, copied.title);
      actions.setState({ done: "Copied the chart." });
    } catch (error) {
      actions.setState({
        done: `The chart was not copied: ${error instanceof Error ? error.message : "unknown error"}`,
      });
    }
  };
  // A copy would not say that it is of the sample.
  const copies = html`<span class="row" role="group" aria-label="Copy as">
      <span class="quiet" aria-hidden="true">Copy:</span>
      <button class="link" @click=${() => copy(markdownOf(copied))}>Markdown</button>
      <button class="link" @click=${() => copy(csvOf(copied))}>CSV</button>
      <button class="link" @click=${picture}>PNG</button>
      <button class="link" title=${commandLine(view, subject)} @click=${() => copy(commandLine(view, subject))}>Command</button>
    </span>`;
  return html`<div class="row">
    ${name === undefined ? nothing : html`<button class="second" @click=${limit}>Only this</button><button class="second" @click=${() => exclude(name)}>Exclude</button>`}
    ${subject.period === undefined ? nothing : html`<button class="second" @click=${() => actions.go({ period: subject.period ?? view.period, preset: null, subject: null })}>Only this period</button>`}
    ${model.state?.sample === true ? nothing : copies}
  </div>`;
}

function frame(subject: Subject, model: ViewState, { go }: Actions, content: unknown): TemplateResult {
  const title = titleOf(subject, (by, key) => groupLabel(by, key, model.state));
  return html`<div class="drawer" role="dialog" aria-labelledby="drawer-title">
    <div class="row spread">
      <div><p class="quiet kind">${groupingName(subject.by)}${model.state?.sample === true ? " · Sample data" : ""}</p><h2 id="drawer-title" tabindex="-1">${title}</h2></div>
      <button class="icon" aria-label="Close" title="Close (Esc)" @click=${() => go({ subject: null })}>✕</button>
    </div>
    ${model.done === null ? nothing : html`<div class="notice spread" role="status"><p>${model.done}</p></div>`}
    ${content}
  </div>`;
}

export function drawer(model: ViewState, actions: Actions, subject: Subject): TemplateResult {
  if (subject.by === "session") return frame(subject, model, actions, sessionTimeline(subject.key, model, actions));
  const view = viewOf(model.view, subject);
  // Other groups' answers must not be shown in its place.
  const place = `drawer ${JSON.stringify(subject)}`;
  const { result: answer, failure } = actions.ask(place, compared(view, "time"));
  const details = actions.ask(`${place} details`, { kind: "details", params: questionOf(view) }).result;
  const part = (by: "exit" | "error" | "command" | "tool" | "agent") =>
    actions.ask(`${place} ${by}`, figures(view, { by })).result;
  const [exits, errors] = [part("exit"), part("error")];
  const commands = subject.by === "command" ? undefined : part("command");
  const usually = actions.ask(`${place} usual`, usual({ ...model, view }, null)).result;
  // It takes longest.
  const tries = triesView(subject, model, actions);
  if (answer === undefined)
    return frame(
      subject,
      model,
      actions,
      html`<p class="quiet">${failure === null ? "Loading…" : translated(failure)}</p>`,
    );
  const runs: readonly EndedRun[] = details?.last ?? [];
  const insights =
    subject.by === "command"
      ? actions.ask("drawer insights", { kind: "insights", params: view.period }).result
      : undefined;
  const isSlower = slowerCommands(insights).has(subject.key);
  const facts = factsOf(answer, usually?.total, subject.by === "class" ? null : (details?.class ?? null), isSlower);
  // Names of workspaces stay in the editor.
  const lettered = (hash: string) => workspaceName(model.state?.workspaces.known.indexOf(hash) ?? -1);
  const copied: Copied = {
    title: titleOf(subject, (by, key) => (by === "workspace" ? lettered(key) : groupLabel(by, key, model.state))),
    facts: facts.map(([name, text]) => [name, text]),
    runs,
    workspace: lettered,
  };
  const against = comparisonText(answer, view.period, model.view.compare);
  const hasAgents = answer.total.calls.count > 0;
  const [agents, tools] = hasAgents ? [part("agent"), part("tool")] : [];
  return frame(
    subject,
    model,
    actions,
    html`
      ${buttons(subject, copied, model, actions)}
      ${facts.length === 0 ? html`<p class="quiet">Nothing in this period.</p>` : html`<dl class="facts">${facts.map(([name, text, shown]) => html`<dt>${name}</dt><dd>${shown ?? text}</dd>`)}</dl>`}
      ${against === "" ? nothing : html`<p class="quiet">Changes ${against}.</p>`}
      ${tries}
      ${subject.by === "command" ? insightsOf(insights, subject.key, model, actions) : nothing}
      ${historyView(answer, actions)}
      ${details === undefined ? nothing : durationsView(details)}
      ${outcomesView("exit", exits, model, actions, "Exit classes")}
      ${outcomesView("error", errors, model, actions, "Errors")}
      ${outcomesView("command", commands, model, actions, "Commands")}
      ${subject.by === "agent" ? nothing : outcomesView("agent", agents, model, actions, "Agents")}
      ${subject.by === "tool" ? nothing : outcomesView("tool", tools, model, actions, "Tools")}
      ${details === undefined ? nothing : runsTable(runs, answer.total.runs.count + answer.total.calls.count, model, actions)}
    `,
  );
}
