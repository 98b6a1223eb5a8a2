/** Columns that tables of agents have in common. */
import type { Group } from "../../shared/protocol/query.ts";
import { numberText } from "../../shared/text/format.ts";
import { groupLabel } from "../data/names.ts";
import type { Actions, ViewState } from "../state.ts";
import type { Column } from "./data-table.ts";
import { failureView } from "./figures.ts";
import { groupLink } from "./group-link.ts";

export const agentColumn = (model: ViewState, actions: Actions): Column<Group> => ({
  name: "Agent",
  view: ({ key }) => groupLink("agent", key, model, actions),
  value: ({ key }) => groupLabel("agent", key, model.state),
  isText: true,
});

export const callsColumn: Column<Group> = {
  name: "Calls",
  view: ({ measures }) => numberText(measures.calls.count),
  value: ({ measures }) => measures.calls.count,
};

export const failedCallsColumn: Column<Group> = {
  name: "Failed",
  view: ({ measures }) => failureView(measures.calls),
  value: ({ measures }) => measures.calls.failure?.rate ?? null,
};

/** Whether an agent did anything. */
export const isActiveAgent = ({ key, measures }: Group): boolean =>
  key !== "" && measures.calls.count + measures.requests + measures.turns > 0;
