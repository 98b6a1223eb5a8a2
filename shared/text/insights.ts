/** What an insight says, in words: for the page and the terminal. */
import type { Insight } from "../protocol/reports.ts";
import { countText, durationText } from "./format.ts";
import { sourceLabel } from "./labels.ts";

export const insightFilters = ["slow", "errors", "agents"] as const;
export type InsightFilter = (typeof insightFilters)[number];

/** Which filters show which kinds. */
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
  /** What it rests on, one fact each. */
  readonly evidence: readonly string[];
  /** What to do about it. */
  readonly advice: string;
}

const percent = (share: number | null): string => (share === null ? "–" : `${Math.round(share * 100)} %`);
const time = (ms: number | null): string => (ms === null ? "unknown" : durationText(ms));

export function insightText({ kind, subject, agent, evidence }: Insight): InsightText {
  const { sample, failed, share, low, high, medianMs, p95Ms, totalMs, weekMs, before, p } = evidence;
  const name = subject ?? "";
  const runs = countText(sample, "run");
  const failures =
    failed === null
      ? []
      : [
          `${failed} of ${sample} failed: ${percent(share)}, between ${percent(low)} and ${percent(high)} with 95 % confidence.`,
        ];
  switch (kind) {
    case "slow":
      return {
        sentence: `${name} takes you ${time(weekMs)} a week.`,
        evidence: [
          `${runs}, half of them longer than ${time(medianMs)}, one in twenty longer than ${time(p95Ms)}.`,
          `${time(totalMs)} together.`,
        ],
        advice: `Look for a faster way to run ${name}: a cache, a watch mode, or a smaller part of the work.`,
      };
    case "slower":
      return {
        sentence: `${name} got slower: from ${time(before?.medianMs ?? null)} to ${time(medianMs)} in the middle.`,
        evidence: [
          `${runs} now, ${countText(before?.sample ?? 0, "run")} in the period before.`,
          `Such a difference comes by chance with a probability of ${p !== null && p < 0.001 ? "less than 0.001" : (p ?? 1).toFixed(3)} (rank sum test).`,
        ],
        advice: "See what changed since: a dependency, the amount of data, a new step.",
      };
    case "waiting":
      return {
        sentence: `You wait ${time(weekMs)} a week for commands that run longer than ten seconds.`,
        evidence: [`${countText(sample, "such run")}, ${time(totalMs)} together.`],
        advice: "Run the longest in the background, or split them.",
      };
    case "failing":
      return {
        sentence: `${name} fails more often than not.`,
        evidence: failures,
        advice: `Find out what ${name} stumbles over; until then it costs you ${time(weekMs)} a week.`,
      };
    case "flaky":
      return {
        sentence: `${name} fails ${percent(share)} of the time.`,
        evidence: failures,
        advice:
          "If nothing changed between a failure and the next success, it is flaky: look for order, time and network.",
      };
    case "agent_failing":
      return {
        sentence: `${name} of ${sourceLabel(agent)} fails ${percent(share)} of the time.`,
        evidence: failures,
        advice:
          "Failing tools cost an agent turns and tokens: say in its instructions how to use this one, or what to use instead.",
      };
    case "agent_stalling":
      return {
        sentence: `${name} of ${sourceLabel(agent)} often begins and never ends.`,
        evidence: [
          `${failed} of ${sample} uses have no end: ${percent(share)}, between ${percent(low)} and ${percent(high)} with 95 % confidence.`,
        ],
        advice: "It was rejected, interrupted or it hangs: look at the permissions and time limits of this tool.",
      };
    case "unused":
      return {
        sentence: `You have never used ${name}.`,
        evidence: [`No use of it is on record, beside ${countText(sample, "command")} of this period.`],
        advice: "Try it in a terminal; Nexus: Put the nexus Command on the Terminal's PATH makes it known there.",
      };
    case "gap":
      return {
        sentence: `${countText(sample, "event")} of this period never arrived.`,
        evidence: [
          "A source numbers its events; these numbers are missing, or their source said that it dropped them.",
        ],
        advice:
          "Numbers of this period are too low. If it goes on, look at the log (Nexus: Show Log) and nexus doctor.",
      };
  }
}
