/** Formats insights as text, for the dashboard and the terminal. */
import type { Insight } from "../protocol/reports.ts";
import { countText, durationText, percentText } from "./format.ts";
import { sourceLabel } from "./labels.ts";

export const insightFilters = ["slow", "errors", "agents"] as const;
export type InsightFilter = (typeof insightFilters)[number];

const filtersOf: Readonly<Record<Insight["kind"], readonly InsightFilter[]>> = {
  slow: ["slow"],
  slower: ["slow"],
  waiting: ["slow"],
  failing: ["errors"],
  flaky: ["errors"],
  agent_failing: ["errors", "agents"],
  agent_stalling: ["slow", "agents"],
  unused: [],
  gap: [],
};

export function matchesFilter(insight: Insight, filters: readonly InsightFilter[]): boolean {
  return filters.length === 0 || filters.some((filter) => filtersOf[insight.kind].includes(filter));
}

export interface InsightText {
  /** One sentence. */
  readonly sentence: string;
  /** One fact each. */
  readonly evidence: readonly string[];
  readonly advice: string;
}

const time = (ms: number | null): string => (ms === null ? "unknown" : durationText(ms));

export function insightText({ kind, subject, agent, evidence }: Insight): InsightText {
  const { sample, failed, share, low, high, medianMs, p95Ms, totalMs, weekMs, before, p } = evidence;
  const name = subject ?? "";
  const runs = countText(sample, "run");
  const failures =
    failed === null
      ? []
      : [`${failed} of ${sample} failed (${percentText(share)}, 95% CI ${percentText(low)} to ${percentText(high)}).`];
  switch (kind) {
    case "slow":
      return {
        sentence: `${name} takes ${time(weekMs)} per week.`,
        evidence: [`${runs}; median ${time(medianMs)}, 95th percentile ${time(p95Ms)}.`, `Total: ${time(totalMs)}.`],
        advice: "Consider a cache, watch mode or a smaller scope.",
      };
    case "slower":
      return {
        sentence: `${name} became slower: median rose from ${time(before?.medianMs ?? null)} to ${time(medianMs)}.`,
        evidence: [
          `${runs}; ${countText(before?.sample ?? 0, "run")} in the previous period.`,
          `p ${p !== null && p < 0.001 ? "< 0.001" : `= ${(p ?? 1).toFixed(3)}`} (rank-sum test).`,
        ],
        advice: "Check recent changes: dependencies, data volume, new steps.",
      };
    case "waiting":
      return {
        sentence: `You spend ${time(weekMs)} per week waiting for commands longer than 10 s.`,
        evidence: [`${runs}, total ${time(totalMs)}.`],
        advice: "Run the longest in the background or split them.",
      };
    case "failing":
      return {
        sentence: `${name} fails in more than half of its runs.`,
        evidence: failures,
        advice: `Failures cost about ${time(weekMs)} per week.`,
      };
    case "flaky":
      return {
        sentence: `${name} fails in ${percentText(share)} of its runs.`,
        evidence: failures,
        advice:
          "If nothing changed between a failure and the next success, it is flaky: check ordering, timing and network.",
      };
    case "agent_failing":
      return {
        sentence: `${name} in ${sourceLabel(agent)} fails in ${percentText(share)} of its calls.`,
        evidence: failures,
        advice:
          "Failed calls cost tokens. Explain in the agent's instructions how to use this tool, or name an alternative.",
      };
    case "agent_stalling":
      return {
        sentence: `${name} in ${sourceLabel(agent)} often does not finish.`,
        evidence: [
          `${failed} of ${sample} calls have no end (${percentText(share)}, 95% CI ${percentText(low)} to ${percentText(high)}).`,
        ],
        advice: "Calls were denied, interrupted or hang. Check permissions and timeouts.",
      };
    case "unused":
      return {
        sentence: `You have not used ${name}.`,
        evidence: [`Not used in this period, in which you ran ${countText(sample, "command")}.`],
        advice: "Try it in a terminal (Nexus: Install or Remove 'nexus' Command in PATH).",
      };
    case "gap":
      return {
        sentence: `${countText(sample, "event")} missing in this period.`,
        evidence: ["Detected by gaps in sequence numbers, or reported as dropped."],
        advice:
          "Counts for this period are too low. If it continues, check the log (Nexus: Show Log) and run nexus doctor.",
      };
  }
}
