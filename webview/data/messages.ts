/** What the page has to say at its top: problems, and what blocks recording or sharing. */
import type { DashboardState } from "../../shared/protocol/dashboard.ts";
import { refusalMessage } from "../../shared/text/sentences.ts";
import { translated } from "../translate.ts";

export interface Messages {
  readonly problems: readonly string[];
  readonly refusals: readonly string[];
}

/** Each message once. */
export function messagesOf(state: DashboardState | null): Messages {
  const found = [...(state?.problems ?? []), state?.failure, state?.status?.problem?.message];
  return {
    problems: [...new Set(found.filter((one) => one !== undefined && one !== null).map(translated))],
    refusals: (state?.permission.refusals ?? []).map((refusal) => translated(refusalMessage(refusal))),
  };
}

/** The closed messages that are still true: one that returns later is shown again. */
export function stillClosed(closed: readonly string[], state: DashboardState): readonly string[] {
  const { problems, refusals } = messagesOf(state);
  return closed.filter((text) => problems.includes(text) || refusals.includes(text));
}
