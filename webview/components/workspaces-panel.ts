/** Workspaces: the open one by its name, others by a letter or the user's name, which stays in this editor. */
import { html, nothing, type TemplateResult } from "lit-html";
import { maxAlias } from "../../shared/protocol/dashboard.ts";
import type { Answer, Group } from "../../shared/protocol/query.ts";
import { durationText, numberText } from "../../shared/text/format.ts";
import { listCostText } from "../../shared/text/lower-bound.ts";
import { groupLabel } from "../data/names.ts";
import type { Actions, ViewState } from "../state.ts";
import { dataTable } from "./data-table.ts";
import { groupLink } from "./group-link.ts";

function nameView(hash: string, model: ViewState, actions: Actions): unknown {
  const link = groupLink("workspace", hash, model, actions);
  if (hash === "" || model.state?.sample !== false || model.state.workspaces.here?.hash === hash) return link;
  const alias = model.state?.workspaces.aliases[hash] ?? "";
  if (model.naming !== hash) {
    const label = groupLabel("workspace", hash, model.state);
    return html`${link} <button class="icon" id="rename-${hash}" title="Rename" aria-label="Rename ${label}" @click=${() => actions.setState({ naming: hash })}>✎</button>`;
  }
  const save = (event: Event) => {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).querySelector("input");
    actions.setState({ naming: null });
    actions.post({ type: "nameWorkspace", hash, name: input?.value ?? "" });
  };
  return html`<form class="row" @submit=${save} @keydown=${(event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    actions.setState({ naming: null });
  }}>
    <input id="workspace-name" maxlength=${maxAlias} aria-label="Name of the workspace, only in this editor" .value=${alias}>
    <button>Save</button>
    <button type="button" class="second" @click=${() => actions.setState({ naming: null })}>Cancel</button>
  </form>`;
}

export function workspacesPanel(
  { groups }: Answer,
  model: ViewState,
  actions: Actions,
): TemplateResult | typeof nothing {
  const rows = groups.filter(({ measures }) => measures.runs.count + measures.calls.count + measures.requests > 0);
  if (rows.every(({ key }) => key === "")) return nothing;
  return html`<section class="panel">
    <h2>Workspaces</h2>
    ${dataTable<Group>(
      {
        id: "workspaces",
        caption: "Workspaces",
        columns: [
          {
            name: "Workspace",
            view: ({ key }) => nameView(key, model, actions),
            value: ({ key }) => groupLabel("workspace", key, model.state),
            isText: true,
          },
          {
            name: "Runs",
            view: ({ measures }) => numberText(measures.runs.count),
            value: ({ measures }) => measures.runs.count,
          },
          {
            name: "Waiting",
            view: ({ measures }) => durationText(measures.waitingMs),
            value: ({ measures }) => measures.waitingMs,
          },
          {
            name: "Calls",
            view: ({ measures }) => numberText(measures.calls.count),
            value: ({ measures }) => measures.calls.count,
          },
          {
            name: "Cost",
            view: ({ measures }) => listCostText(measures),
            value: ({ measures }) => measures.cost.listUsd,
          },
        ],
        rows,
        text: ({ key }) => groupLabel("workspace", key, model.state),
        sort: "Waiting",
        empty: "No workspaces in this period.",
        size: 8,
      },
      model,
      actions,
    )}
    <p class="quiet">Names of workspaces are not stored. A name that you give stays in this editor.</p>
  </section>`;
}
