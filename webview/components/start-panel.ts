/** What to do first, until a command has enough runs for insights. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Answer } from "../../shared/protocol/query.ts";
import { minRuns } from "../../shared/protocol/reports.ts";
import { historySources } from "../../shared/schema/sources.ts";
import { countText } from "../../shared/text/format.ts";
import type { Actions, ViewState } from "../state.ts";

interface Step {
  readonly isDone: boolean;
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly run: () => void;
}

const stepView = ({ isDone, title, text, button, run }: Step, isBusy: boolean) => html`<li class="row spread">
  <span><span class=${isDone ? "done" : "quiet"} aria-hidden="true">${isDone ? "✓" : "○"}</span> <strong>${title}</strong>${isDone ? html` <span class="hidden">(done)</span>` : nothing}<br><span class="quiet">${text}</span></span>
  <button class=${isDone ? "second" : ""} ?disabled=${isBusy} @click=${run}>${button}</button>
</li>`;

/** The command with the most runs; none without any run. */
export function mostRun(commands: Answer | undefined): { readonly name: string; readonly runs: number } | undefined {
  const counts = (commands?.groups ?? []).map(({ key, measures }) => ({ name: key, runs: measures.runs.count }));
  const [first] = counts.filter(({ runs }) => runs > 0).sort((a, b) => b.runs - a.runs);
  return first;
}

/** How many runs are missing until insights: "git status has 3." */
export function insightsProgress(most: ReturnType<typeof mostRun>): string {
  const has = most === undefined ? "" : `: ${most.name} has ${most.runs}`;
  return `Insights need at least ${minRuns} runs of a command${has}.`;
}

export function startPanel(model: ViewState, actions: Actions): TemplateResult | typeof nothing {
  const { state } = model;
  if (state === null || state.permission.mode === "off") return nothing;
  // Of all time, so that a quiet period does not look like a beginning.
  const all = { period: { period: "year" }, filters: {}, compare: null } as const;
  const commands = actions.ask("start commands", { kind: "figures", params: { ...all, by: "command" } }).result;
  const sources = actions.ask("start sources", { kind: "figures", params: { ...all, by: "source" } }).result;
  if (commands === undefined || sources === undefined) return nothing;
  const most = mostRun(commands);
  const hasRuns = most !== undefined;
  if (hasRuns && most.runs >= minRuns) return nothing;
  const isImported = sources.groups.some(({ key }) => historySources.some((name) => name === key));
  const agents = state.agents ?? [];
  const connected = agents.filter((agent) => agent.connected);
  const found = agents.filter((agent) => agent.installed);
  const steps: readonly Step[] = [
    {
      isDone: hasRuns,
      title: "Run a command in the terminal",
      text: hasRuns ? insightsProgress(most) : "Any will do. It appears here when it finishes.",
      button: "Open a terminal",
      run: () => actions.post({ type: "openTerminal" }),
    },
    {
      isDone: isImported,
      title: "Import your history",
      text: isImported
        ? "Imported. What happened months ago is in a longer period, such as 12 months."
        : "Agents and shells keep months on disk. You choose for each; it stays on this machine.",
      button: "Import history…",
      run: () => actions.post({ type: "importHistory" }),
    },
    {
      isDone: connected.length > 0,
      title: "Connect your AI agents",
      text:
        connected.length > 0
          ? `${countText(connected.length, "agent")} connected.`
          : found.length === 0
            ? "No supported agent was found on this machine."
            : `Found here: ${found.map(({ title }) => title).join(", ")}.`,
      button: "Connect agents…",
      run: () => actions.go({ tab: "agents", subject: null }),
    },
  ];
  return html`<section class="panel start">
    <h2>Recording is on. What next?</h2>
    <ul class="plain">${steps.map((step) => stepView(step, state.busy))}</ul>
  </section>`;
}
