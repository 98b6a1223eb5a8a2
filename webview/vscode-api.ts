/** The dashboard's only connection to VS Code: messages, and the state that survives a reload. */

import { type DashboardAction, type DashboardMessage, validateDashboardMessage } from "../shared/protocol/dashboard.ts";
import { type View, viewFrom } from "./view.ts";

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

export const readView = (): View => viewFrom(api.getState());

export function saveView(view: View): void {
  api.setState(view);
}
