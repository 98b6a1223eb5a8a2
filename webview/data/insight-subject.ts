/** What the insights are about, for links and for marks in tables. */
import type { Insight, Insights } from "../../shared/protocol/reports.ts";
import type { Subject } from "../view.ts";

/** Insights about what did not happen. */
const withoutRuns: ReadonlySet<Insight["kind"]> = new Set(["unused", "gap"]);

/** What a click on an insight shows; `null` if there is nothing to show. */
export function insightSubject({ kind, subject, agent }: Insight): Subject | null {
  if (withoutRuns.has(kind)) return null;
  if (subject === null) return agent === null ? null : { by: "agent", key: agent };
  return agent === null ? { by: "command", key: subject } : { by: "tool", key: subject, filters: { source: agent } };
}

/** The commands that became slower by more than chance. */
export const slowerCommands = (insights: Insights | undefined): ReadonlySet<string> =>
  new Set(
    (insights?.insights ?? []).flatMap(({ kind, subject }) => (kind === "slower" && subject !== null ? [subject] : [])),
  );
