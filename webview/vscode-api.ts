/** The dashboard's only connection to VS Code: messages, and the state that survives a reload. */

import {
  type DashboardAction,
  type DashboardMessage,
  type Tab,
  tabs,
  validateDashboardMessage,
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

/** Calls `listener` with each validated message from the extension. */
export function onMessage(listener: (message: DashboardMessage) => void): void {
  window.addEventListener("message", ({ data }: MessageEvent<unknown>) =>
    listener(validateDashboardMessage(data, "editor")),
  );
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

/** Returns the default if an earlier version stored another shape. */
function savedSelection(value: unknown): PeriodSelection {
  try {
    return selection(value, "state");
  } catch {
    return { period: "today" };
  }
}

export function saveState(state: PersistedState): void {
  api.setState(state);
}
