/** The page's entry: keeps the model, draws it again after each change, and nothing else. */
import { render } from "lit";
import { reachScrolling } from "./components/focusable-overflow.ts";
import { pageView } from "./dashboard.ts";
import type { Deeds, Model } from "./state.ts";
import { keep, kept, onMessage, tellEditor } from "./vscode-api.ts";

/** Forms as the record has them, and nothing asked. */
const untouched = { ticked: null, shareTicked: null, automatic: null, confirming: null } as const;

let model: Model = {
  state: null,
  ...kept(),
  ...untouched,
  filter: null,
  preview: null,
  ledger: null,
  agentChange: null,
  done: null,
};

const deeds: Deeds = {
  tell: (action) => {
    change({ done: null });
    tellEditor(action);
  },
  // Whoever goes on has read the answer.
  change: (part) => change({ done: null, ...part }),
};

function change(part: Partial<Model>): void {
  const { confirming, tab } = model;
  model = { ...model, ...part };
  keep({ tab: model.tab, selection: model.selection });
  draw();
  if (model.tab !== tab) tellEditor({ do: "see", tab: model.tab });
  // The question takes the focus to the answer that loses nothing, and gives it back.
  if (model.confirming !== confirming) {
    const asked = model.confirming ?? confirming;
    document.getElementById(`${asked}-${model.confirming === null ? "ask" : "keep"}`)?.focus();
  }
}

const root = document.getElementById("page");

function draw(): void {
  if (root !== null) render(pageView(model, deeds), root);
}

onMessage((message) => {
  if (message.say === "showTab") change({ tab: message.tab, done: null });
  else if (message.say === "preview") change({ preview: message.preview ?? "none" });
  else if (message.say === "agentChange") change({ agentChange: message.change });
  else if (message.say === "ledger") change({ ledger: message.entries });
  // A decision that was taken fills the form from the record again.
  else if (message.done === null) change({ state: message });
  else change({ state: message, done: message.done, ...untouched, preview: null, ledger: null, agentChange: null });
});
draw();
if (root !== null) reachScrolling(root);
tellEditor({ do: "ready", selection: model.selection });
