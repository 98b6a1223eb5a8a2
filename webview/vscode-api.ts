/** The one way out of the page: messages to the editor, and the small state the editor keeps over a reload. */

import {
  type DashboardAction,
  type DashboardMessage,
  type Tab,
  tabs,
  validateMessage,
} from "../shared/protocol/dashboard.ts";
import { type PeriodSelection, selection } from "../shared/protocol/reports.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: DashboardAction): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const api = acquireVsCodeApi();

export function postAction(action: DashboardAction): void {
  api.postMessage(action);
}

/** Calls `listener` for each message that is one of ours; anything else is not for this page. */
export function onMessage(listener: (message: DashboardMessage) => void): void {
  window.addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(validateMessage(data, "editor")));
}

export interface PersistedState {
  readonly tab: Tab;
  readonly selection: PeriodSelection;
}

export function readState(): PersistedState {
  const state = api.getState();
  const field = (name: string) => (typeof state === "object" && state !== null ? Reflect.get(state, name) : undefined);
  return {
    tab: tabs.find((tab) => tab === field("tab")) ?? "overview",
    selection: savedSelection(field("selection")),
  };
}

/** What an earlier version kept means nothing here. */
function savedSelection(value: unknown): PeriodSelection {
  try {
    return selection(value, "kept");
  } catch {
    return { period: "today" };
  }
}

export function saveState(state: PersistedState): void {
  api.setState(state);
}
