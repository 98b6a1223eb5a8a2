/** Entry of the dashboard's script: stores the view state and renders it after each change. */

import { render } from "lit";
import { makeOverflowFocusable } from "./components/focusable-overflow.ts";
import { dashboard } from "./dashboard.ts";
import { type Actions, type LedgerVerification, noChoice, noPart, type ViewState } from "./state.ts";
import { setBundle } from "./translate.ts";
import { onMessage, postAction, readState, saveState } from "./vscode-api.ts";

/** Forms show the recorded consent, and no confirmation is open. */
const initialForms = {
  selected: null,
  selectedForSharing: null,
  automatic: null,
  earlierEvents: null,
  sample: null,
  confirming: null,
} as const;

let model: ViewState = {
  state: null,
  ...readState(),
  ...initialForms,
  filter: null,
  insightPeriod: "month",
  dismissing: null,
  preview: null,
  ledger: null,
  request: null,
  isPretty: true,
  verification: null,
  eraseChoice: noChoice,
  erasePlan: null,
  agentChange: null,
  done: null,
};

const actions: Actions = {
  post: (action) => {
    change({ done: null });
    postAction(action);
  },
  // A user who continues has read the last result.
  setState: (part) => change({ done: null, ...part }),
};

function change(part: Partial<ViewState>): void {
  const { confirming, tab } = model;
  model = { ...model, ...part };
  saveState({ tab: model.tab, selection: model.selection });
  update();
  if (model.tab !== tab) postAction({ type: "viewTab", tab: model.tab });
  // A confirmation focuses Cancel when it opens and the button that opened it when it closes.
  if (model.confirming !== confirming) {
    const name = model.confirming ?? confirming;
    document.getElementById(`${name}-${model.confirming === null ? "open" : "cancel"}`)?.focus();
  }
}

const root = document.getElementById("page");

function update(): void {
  if (root !== null) render(dashboard(model, actions), root);
}

const verified = (check: LedgerVerification | null): ViewState["verification"] =>
  check === null || check.entries === 0 ? "empty" : check;

onMessage((message) => {
  if (message.type === "state") setBundle(message.bundle);
  if (message.type === "showTab") change({ tab: message.tab, done: null });
  else if (message.type === "preview") change({ preview: message.preview ?? "none" });
  else if (message.type === "agentChange") change({ agentChange: message.change });
  else if (message.type === "sample") change({ sample: message.preview ?? "none" });
  else if (message.type === "erasePlan") change({ erasePlan: message });
  else if (message.type === "ledger") change({ ledger: message.requests });
  else if (message.type === "request") change({ request: message.details });
  else if (message.type === "verification") change({ verification: verified(message.check) });
  // A finished action resets the forms to the recorded consent.
  else if (message.done === null) change({ state: message });
  else {
    const isErasing = model.erasePlan !== null;
    change({
      state: message,
      done: message.done,
      ...initialForms,
      preview: null,
      agentChange: null,
      verification: null,
      eraseChoice: noChoice,
      erasePlan: null,
    });
    // An action may have sent or deleted something.
    if (isErasing) postAction({ type: "planErasure", part: noPart });
    if (model.ledger !== null) postAction({ type: "showLedger" });
  }
});
update();
if (root !== null) makeOverflowFocusable(root);
postAction({ type: "ready", selection: model.selection });
