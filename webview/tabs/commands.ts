/** Commands tab: all commands, programs or classes, with what failed and how long it took. */
import { html, type TemplateResult } from "lit-html";
import { commandsTable } from "../components/commands-table.ts";
import { emptyState } from "../components/empty-state.ts";
import { hasNothing, pendingView } from "../components/pending.ts";
import { slowerCommands } from "../data/insight-subject.ts";
import { compared, usual } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";

const groupingNames = { command: "Commands", program: "Programs", class: "Classes" } as const;

const noCommands = {
  title: "No commands in this period",
  text: "Commands in the integrated terminal appear here when they finish.",
};

export function commandsTab(model: ViewState, actions: Actions): TemplateResult {
  const { view, commandsBy: by } = model;
  if (hasNothing(model)) return emptyState(model, actions, noCommands);
  const found = actions.ask(by === "command" ? "commands" : by, compared(view, by));
  const place = by === "command" ? "usual" : `usual ${by}`;
  const usually = actions.ask(place, usual(model, by)).result;
  const insights = actions.ask("insights", { kind: "insights", params: view.period }).result;
  const answer = found.result;
  if (answer === undefined) return pendingView(found, model, actions);
  if (answer.total.runs.count === 0) return emptyState(model, actions, noCommands);
  return html`<section class="panel">
    <div class="row spread">
      <h2>${groupingNames[by]}</h2>
      <div class="segments" role="group" aria-label="Group by">
        ${(["command", "program", "class"] as const).map((name) => html`<button aria-pressed=${name === by} @click=${() => actions.setState({ commandsBy: name })}>${groupingNames[name]}</button>`)}
      </div>
    </div>
    ${commandsTable({ id: "commands", by, answer, usual: usually, slower: slowerCommands(insights), size: 25 }, model, actions)}
    <p class="quiet">Failure rates show a 95% interval; a mark means more than in the 90 days before. Trend: median against the period before; red if an insight shows that it is more than chance.</p>
  </section>`;
}
