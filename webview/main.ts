/** Entry of the dashboard's script: stores the view state and renders it after each change. */

import { render } from "lit-html";
import type { DashboardMessage, DashboardState, Place } from "../shared/protocol/dashboard.ts";
import { sections, tabs } from "../shared/protocol/dashboard.ts";
import { makeOverflowFocusable } from "./components/focusable-overflow.ts";
import { dashboard } from "./dashboard.ts";
import { Answers } from "./data/answers.ts";
import { stillClosed } from "./data/messages.ts";
import { presetPeriod } from "./data/periods.ts";
import { type Actions, type LedgerVerification, noChoice, noPart, type ViewState } from "./state.ts";
import { setBundle } from "./translate.ts";
import { initialView, type Steps, stepBack, stepForward, stepTo, type View } from "./view.ts";
import { onMessage, postAction, readView, saveView } from "./vscode-api.ts";

/** Forms show the recorded consent, and no confirmation is open. */
const initialForms = {
  selected: null,
  selectedForSharing: null,
  automatic: null,
  earlierEvents: null,
  sample: null,
  confirming: null,
} as const;

let steps: Steps = { past: [], view: readView(), future: [] };

let model: ViewState = {
  state: null,
  view: steps.view,
  canGoBack: false,
  canGoForward: false,
  measure: "runs",
  commandsBy: "command",
  range: null,
  tables: {},
  naming: null,
  explanation: null,
  closed: [],
  ...initialForms,
  filter: null,
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

let laterTimer: ReturnType<typeof setTimeout> | undefined;
const answers = new Answers(postAction, (ms) => {
  clearTimeout(laterTimer);
  laterTimer = setTimeout(update, ms);
});

const actions: Actions = {
  post: (action) => {
    change({ done: null });
    postAction(action);
  },
  // A user who continues has read the last result.
  setState: (part) => change({ done: null, ...part }),
  go: (part) => follow(stepTo(steps, part)),
  back: () => follow(stepBack(steps)),
  forward: () => follow(stepForward(steps)),
  ask: (place, question) => answers.ask(place, question),
};

/** What had the focus before the drawer opened. */
let opener: Element | null = null;

function follow(next: Steps): void {
  if (next === steps) return;
  const before = steps.view;
  steps = next;
  const { view } = steps;
  if (model.state?.sample !== true) saveView(view);
  if (before.subject === null && view.subject !== null) opener = document.activeElement;
  change({ view, canGoBack: steps.past.length > 0, canGoForward: steps.future.length > 0, done: null, range: null });
  if (view.tab !== before.tab) postAction({ type: "viewTab", tab: view.tab });
  if (view.subject !== null && view.subject !== before.subject) document.getElementById("drawer-title")?.focus();
  else if (view.subject === null && before.subject !== null) returnFocus(view);
}

/** To what opened the drawer, or the tab if that is gone. */
function returnFocus({ tab }: View): void {
  const target = opener?.isConnected === true ? opener : document.getElementById(`tab-${tab}`);
  if (target instanceof HTMLElement || target instanceof SVGElement) target.focus();
}

function change(part: Partial<ViewState>): void {
  const { confirming, naming } = model;
  model = { ...model, ...part };
  update();
  // A confirmation focuses Cancel when it opens and the button that opened it when it closes.
  if (model.naming !== naming) {
    const name = model.naming === null ? `rename-${naming}` : "workspace-name";
    document.getElementById(name)?.focus();
  }
  if (model.confirming !== confirming) {
    const name = model.confirming ?? confirming;
    document.getElementById(`${name}-${model.confirming === null ? "open" : "cancel"}`)?.focus();
  }
}

const root = document.getElementById("page");
/** Whether the explanation of the schema was requested. */
let isExplained = false;

function update(): void {
  if (root === null) return;
  followDay();
  answers.begin(model.state?.revision);
  render(dashboard(model, actions), root);
  // What the views asked for during the rendering decides whether it is complete.
  root.toggleAttribute("data-waiting", answers.isWaiting);
  makeOverflowFocusable(root);
  answers.end();
  if (model.view.tab === "data" && !isExplained) {
    isExplained = true;
    postAction({ type: "explain" });
  }
}

/** A period such as "Yesterday" moves with the day. */
function followDay(): void {
  const { preset, period } = steps.view;
  const today = presetPeriod(preset, Date.now());
  if (today === undefined || JSON.stringify(today) === JSON.stringify(period)) return;
  steps = { ...steps, view: { ...steps.view, period: today } };
  model = { ...model, view: steps.view };
  if (model.state?.sample !== true) saveView(steps.view);
}

let isScheduled = false;

/** Renders answers that arrive together once. A hidden page has no frames. */
function updateSoon(): void {
  if (isScheduled) return;
  isScheduled = true;
  const run = () => {
    isScheduled = false;
    update();
  };
  if (document.visibilityState === "visible") requestAnimationFrame(run);
  else setTimeout(run);
}

const verified = (check: LedgerVerification | null): ViewState["verification"] =>
  check === null || check.entries === 0 ? "empty" : check;

function viewOfPlace(place: Place): Partial<View> {
  const section = sections.find((one) => one === place);
  const tab = tabs.find((one) => one === place) ?? "data";
  return { tab, subject: null, ...(section === undefined ? {} : { section }) };
}

function receive(message: DashboardMessage): void {
  switch (message.type) {
    case "answer":
      if (answers.receive(message)) updateSoon();
      return;
    case "showPlace":
      actions.go(viewOfPlace(message.place));
      return;
    case "said":
      change({ done: message.text });
      return;
    case "explanation":
      change({ explanation: message.explanation });
      return;
    case "preview":
      change({ preview: message.preview ?? "none" });
      return;
    case "agentChange":
      change({ agentChange: message.change });
      return;
    case "sample":
      change({ sample: message.preview ?? "none" });
      return;
    case "erasePlan":
      change({ erasePlan: message });
      return;
    case "ledger":
      change({ ledger: message.requests });
      return;
    case "request":
      change({ request: message.details });
      return;
    case "verification":
      change({ verification: verified(message.check) });
      return;
    case "state":
      receiveState(message);
  }
}

function receiveState(message: Extract<DashboardMessage, { type: "state" }>): void {
  setBundle(message.bundle);
  // After an erasure nothing that is known may be shown.
  if (model.state !== null && message.erasureMark !== model.state.erasureMark) answers.forget();
  const choice = viewAfterChoice(message);
  const closed = stillClosed(model.closed, message);
  if (message.done === null) {
    // What an action said is over when something else turns recording on or off.
    const isSwitched = model.state !== null && model.state.permission.mode !== message.permission.mode;
    change({ state: message, closed, ...choice, ...(isSwitched ? { done: null } : {}) });
    return;
  }
  // A finished action resets the forms to the recorded consent.
  const isErasing = model.erasePlan !== null;
  change({
    state: message,
    closed,
    ...choice,
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

/**
 * After the choice comes the overview, without anything of the sample; figures of the one must not be taken for the other.
 * A saved view is never one of the sample.
 */
function viewAfterChoice({ sample, permission }: DashboardState): Partial<ViewState> {
  const before = model.state;
  if (before === null) return {};
  const isOther = before.sample !== sample;
  if (isOther) answers.forget();
  const isChosen = before.permission.consent !== "given" && permission.mode !== "off";
  if (!isOther && !isChosen) return {};
  const { tab, section } = steps.view;
  const view = permission.mode === "off" ? { ...initialView, tab, section } : initialView;
  steps = { past: [], view, future: [] };
  if (!sample) saveView(view);
  return { view, canGoBack: false, canGoForward: false };
}

onMessage(receive);
/** Keys of a field that the user is typing in are its own. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.type !== "checkbox" && target.value !== "";

window.addEventListener("keydown", (event) => {
  if (isTyping(event.target)) return;
  if (event.key === "Escape" && model.view.subject !== null) actions.go({ subject: null });
  else if (event.altKey && event.key === "ArrowLeft") actions.back();
  else if (event.altKey && event.key === "ArrowRight") actions.forward();
  else return;
  event.preventDefault();
});
window.addEventListener("mouseup", ({ button }) => {
  // The buttons for Back and Forward of a mouse.
  if (button === 3) actions.back();
  if (button === 4) actions.forward();
});
postAction({ type: "ready" });
update();
window.addEventListener("resize", () => root !== null && makeOverflowFocusable(root));
