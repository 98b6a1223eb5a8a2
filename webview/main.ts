/** The page's entry: keeps the model, draws it again after each change, and nothing else. */
import { render } from "lit";
import { makeOverflowFocusable } from "./components/focusable-overflow.ts";
import { dashboard } from "./dashboard.ts";
import type { Actions, ViewState } from "./state.ts";
import { onMessage, postAction, readState, saveState } from "./vscode-api.ts";

/** Forms as the record has them, and nothing asked. */
const untouched = { selected: null, selectedForSharing: null, automatic: null, confirming: null } as const;

let model: ViewState = {
  state: null,
  ...readState(),
  ...untouched,
  filter: null,
  preview: null,
  ledger: null,
  agentChange: null,
  done: null,
};

const actions: Actions = {
  post: (action) => {
    change({ done: null });
    postAction(action);
  },
  // Whoever goes on has read the answer.
  setState: (part) => change({ done: null, ...part }),
};

function change(part: Partial<ViewState>): void {
  const { confirming, tab } = model;
  model = { ...model, ...part };
  saveState({ tab: model.tab, selection: model.selection });
  draw();
  if (model.tab !== tab) postAction({ type: "viewTab", tab: model.tab });
  // The question takes the focus to the answer that loses nothing, and gives it back.
  if (model.confirming !== confirming) {
    const shown = model.confirming ?? confirming;
    document.getElementById(`${shown}-${model.confirming === null ? "ask" : "keep"}`)?.focus();
  }
}

const root = document.getElementById("page");

function draw(): void {
  if (root !== null) render(dashboard(model, actions), root);
}

onMessage((message) => {
  if (message.type === "showTab") change({ tab: message.tab, done: null });
  else if (message.type === "preview") change({ preview: message.preview ?? "none" });
  else if (message.type === "agentChange") change({ agentChange: message.change });
  else if (message.type === "ledger") change({ ledger: message.entries });
  // A decision that was taken fills the form from the record again.
  else if (message.done === null) change({ state: message });
  else change({ state: message, done: message.done, ...untouched, preview: null, ledger: null, agentChange: null });
});
draw();
if (root !== null) makeOverflowFocusable(root);
postAction({ type: "ready", selection: model.selection });
