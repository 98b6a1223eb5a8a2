/** The page's entry: keeps the model, draws it again after each change, and nothing else. */
import { render } from "lit";
import { keep, kept, onMessage, tellEditor } from "./editor.ts";
import type { Deeds, Model } from "./model.ts";
import { pageView } from "./page-view.ts";

let model: Model = { state: null, ...kept(), ticked: null, confirming: false };

const deeds: Deeds = { tell: tellEditor, change };

function change(part: Partial<Model>): void {
  model = { ...model, ...part };
  keep({ tab: model.tab, period: model.period });
  draw();
}

function draw(): void {
  const root = document.getElementById("page");
  if (root !== null) render(pageView(model, deeds), root);
}

onMessage((message) => {
  if (message.say === "showTab") change({ tab: message.tab });
  // A decision that was taken fills the form from the record again.
  else change({ state: message, ...(message.done === null ? {} : { ticked: null, confirming: false }) });
});
draw();
tellEditor({ do: "ready", period: model.period });
