/** What the page has to say at its top: problems, and what blocks recording or sharing. */
import type { Refusal } from "../../shared/consent/consent.ts";
import type { DashboardAction, DashboardState } from "../../shared/protocol/dashboard.ts";
import { refusalMessage } from "../../shared/text/sentences.ts";
import { translated } from "../translate.ts";
import type { View } from "../view.ts";

/** What the user can do about a message, where it is shown. */
export interface Remedy {
  readonly button: string;
  readonly action: DashboardAction | { readonly go: Partial<View> };
}

export interface StateMessage {
  readonly text: string;
  readonly remedy: Remedy | undefined;
}

export interface Messages {
  readonly problems: readonly StateMessage[];
  readonly refusals: readonly StateMessage[];
}

const showLog: Remedy = { button: "Show log", action: { type: "showLog" } };
const openConfig: Remedy = { button: "Open configuration", action: { type: "openConfig" } };
const choose = (section: View["section"]): Remedy => ({
  button: "Choose",
  action: { go: { tab: "data", section, subject: null } },
});

/** Each message once. */
export function messagesOf(state: DashboardState | null): Messages {
  const found = [...(state?.problems ?? []), state?.failure, state?.status?.problem?.message];
  const texts = [...new Set(found.filter((one) => one !== undefined && one !== null).map(translated))];
  const problem = state?.status?.problem ?? null;
  const isConfig = (text: string) => problem?.kind === "config_invalid" && translated(problem.message) === text;
  return {
    problems: texts.map((text) => ({ text, remedy: isConfig(text) ? openConfig : showLog })),
    refusals: (state?.permission.refusals ?? []).map((refusal) => ({
      text: translated(refusalMessage(refusal)),
      remedy: remedyOf(refusal),
    })),
  };
}

/** `undefined`: a variable or a policy, which cannot be changed here. */
function remedyOf({ by }: Refusal): Remedy | undefined {
  switch (by) {
    case "editor_setting":
      return { button: "Open setting", action: { type: "openSetting", name: "nexus.telemetry.enabled" } };
    case "editor_telemetry":
      return { button: "Open setting", action: { type: "openSetting", name: "telemetry.telemetryLevel" } };
    case "config_file":
      return openConfig;
    case "notice":
      return choose("privacy");
    case "destination":
      return choose("sharing");
    default:
      return undefined;
  }
}

/** The closed messages that are still true: one that returns later is shown again. */
export function stillClosed(closed: readonly string[], state: DashboardState): readonly string[] {
  const { problems, refusals } = messagesOf(state);
  return closed.filter((text) => [...problems, ...refusals].some((message) => message.text === text));
}
