/** What agents cost: over time by model, by agent and model, and against the budget of the month. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Answer, Group } from "../../shared/protocol/query.ts";
import { dayText, numberText, percentText, usdText } from "../../shared/text/format.ts";
import { listCostText, lowerBoundText, outputText } from "../../shared/text/lower-bound.ts";
import { type CostPart, stackedCost } from "../charts/stacked-cost.ts";
import { groupLabel } from "../data/names.ts";
import { figures, timeSubject } from "../data/questions.ts";
import type { Actions, ViewState } from "../state.ts";
import { dataTable } from "./data-table.ts";
import { groupLink } from "./group-link.ts";

/** Models with a part of their own. */
const maxModels = 4;

function costParts(models: Answer, { view }: ViewState, actions: Actions): readonly CostPart[] {
  const priced = models.groups
    .filter(({ measures }) => (measures.cost.listUsd ?? 0) > 0)
    .sort((a, b) => (b.measures.cost.listUsd ?? 0) - (a.measures.cost.listUsd ?? 0));
  const own = priced.slice(0, maxModels);
  const partOf = (name: string, filter: string): CostPart[] => {
    const filters = { ...view.filters, model: filter };
    const { result: answer, isOld } = actions.ask(`cost ${name}`, figures({ ...view, filters }, { by: "time" }));
    return answer === undefined || isOld ? [] : [{ name, answer }];
  };
  const others = priced.slice(maxModels).map(({ key }) => key);
  return [
    ...own.flatMap(({ key }) => partOf(key, key)),
    ...(others.length === 0 ? [] : partOf("Other models", others.join(","))),
  ];
}

/** The costs of this calendar month against the budget. */
function budgetView({ state, view }: ViewState, { ask }: Actions): TemplateResult | typeof nothing {
  const budgetUsd = state?.budgetUsd ?? null;
  if (state === null || budgetUsd === null) return nothing;
  const now = new Date(state.nowMs);
  const from = dayText(new Date(now.getFullYear(), now.getMonth(), 1, 12).getTime());
  const month = { ...view, filters: {}, period: { period: "custom", from, to: dayText(state.nowMs) } } as const;
  const { result } = ask("budget", figures(month));
  if (result === undefined) return nothing;
  const spent = result.total.cost.listUsd ?? 0;
  const share = Math.min(1, spent / budgetUsd);
  const days = new Date(now.getFullYear(), now.getMonth() + 1, 0).getDate();
  const expected = (spent / now.getDate()) * days;
  return html`<p class="row budget">
    <span>This month: <strong class=${spent > budgetUsd ? "failing" : ""}>${usdText(spent)}</strong> of ${usdText(budgetUsd)} (${percentText(spent / budgetUsd)}); at this rate ${usdText(expected)} by its end.</span>
    <meter min="0" max="1" value=${share} aria-label="Share of the monthly budget">${percentText(share)}</meter>
  </p>`;
}

const hasTokens = ({ measures: { tokens, cost, requests } }: Group): boolean =>
  requests + tokens.input + tokens.output > 0 || cost.reportedUsd !== null;

function costTable(
  by: "agent" | "model" | "workspace",
  answer: Answer,
  model: ViewState,
  actions: Actions,
): TemplateResult {
  const name = { agent: "Agent", model: "Model", workspace: "Workspace" }[by];
  return dataTable<Group>(
    {
      id: `cost-${by}`,
      caption: `Cost by ${by}`,
      columns: [
        {
          name,
          view: ({ key }) => groupLink(by, key, model, actions),
          value: ({ key }) => groupLabel(by, key, model.state),
          isText: true,
        },
        {
          name: "List price",
          view: ({ measures }) => listCostText(measures),
          value: ({ measures }) => measures.cost.listUsd,
        },
        {
          name: "Reported",
          about: "As reported by the agent",
          view: ({ measures }) => usdText(measures.cost.reportedUsd),
          value: ({ measures }) => measures.cost.reportedUsd,
        },
        {
          name: "Input",
          view: ({ measures }) => numberText(measures.tokens.input),
          value: ({ measures }) => measures.tokens.input,
        },
        {
          name: "Cached",
          about: "Share of the input that was read from the cache",
          view: ({ measures: { tokens } }) => percentText(tokens.input === 0 ? null : tokens.cacheRead / tokens.input),
          value: ({ measures: { tokens } }) => (tokens.input === 0 ? null : tokens.cacheRead / tokens.input),
        },
        {
          name: "Output",
          view: ({ measures }) => outputText(measures),
          value: ({ measures }) => measures.tokens.output,
        },
      ],
      rows: answer.groups.filter(hasTokens),
      sort: "List price",
      empty: "No tokens in this period.",
    },
    model,
    actions,
  );
}

export function costPanel(agents: Answer, model: ViewState, actions: Actions): TemplateResult | typeof nothing {
  const { view } = model;
  const models = actions.ask("models", figures(view, { by: "model" })).result;
  const workspaces = actions.ask("workspaces", figures(view, { by: "workspace" })).result;
  if (models === undefined || !models.groups.some(hasTokens)) return budgetView(model, actions);
  const unpriced =
    models.unpriced.length === 0
      ? ""
      : ` Without a price: ${models.unpriced.join(", ")} (${numberText(models.total.cost.unpricedTokens)} tokens).`;
  return html`<section class="panel full">
    <h2>Cost</h2>
    ${budgetView(model, actions)}
    ${stackedCost(costParts(models, model, actions), (answer, key) => actions.go({ subject: timeSubject(answer, key) }))}
    <div class="columns broad">
      ${costTable("model", models, model, actions)}
      ${costTable("agent", agents, model, actions)}
      ${workspaces === undefined ? nothing : costTable("workspace", workspaces, model, actions)}
    </div>
    <p class="quiet">List prices of ${models.pricesAsOf}. Subscriptions and discounts are not known.${unpriced}${models.total.lowerBound === 0 ? "" : ` ${lowerBoundText(models.total)}`}</p>
  </section>`;
}
