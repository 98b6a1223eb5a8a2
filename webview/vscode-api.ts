/** The one way out of the page: messages to the editor, and the small state the editor keeps over a reload. */

import { checkPageMessage, type PageAction, type PageMessage, type Tab, tabs } from "../shared/protocol/dashboard.ts";
import { type Selection, selection } from "../shared/protocol/reports.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: PageAction): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const api = acquireVsCodeApi();

export function tellEditor(action: PageAction): void {
  api.postMessage(action);
}

/** Calls `listener` for each message that is one of ours; anything else is not for this page. */
export function onMessage(listener: (message: PageMessage) => void): void {
  window.addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(checkPageMessage(data, "editor")));
}

export interface Kept {
  readonly tab: Tab;
  readonly selection: Selection;
}

export function kept(): Kept {
  const state = api.getState();
  const field = (name: string) => (typeof state === "object" && state !== null ? Reflect.get(state, name) : undefined);
  return {
    tab: tabs.find((tab) => tab === field("tab")) ?? "overview",
    selection: keptSelection(field("selection")),
  };
}

/** What an earlier version kept means nothing here. */
function keptSelection(value: unknown): Selection {
  try {
    return selection(value, "kept");
  } catch {
    return { period: "today" };
  }
}

export function keep(state: Kept): void {
  api.setState(state);
}
