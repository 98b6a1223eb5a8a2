/** Formats insights as text, for the dashboard and the terminal. */
import { type Message, message } from "../protocol/message.ts";
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
  readonly sentence: Message;
  /** One fact each. */
  readonly evidence: readonly Message[];
  readonly advice: Message;
}

const time = (ms: number | null): string => (ms === null ? "unknown" : durationText(ms));

function failuresOf({ sample, failed, share, low, high }: Insight["evidence"]): readonly Message[] {
  if (failed === null) return [];
  const values = { failed, sample, share: percentText(share), low: percentText(low), high: percentText(high) };
  return [message("{failed} of {sample} failed ({share}, 95% CI {low} to {high}).", values)];
}

/** Formats each kind of insight. */
const textOfKind: Readonly<Record<Insight["kind"], (insight: Insight) => InsightText>> = {
  slow: ({ subject, evidence: { sample, medianMs, p95Ms, totalMs, weekMs } }) => ({
    sentence: message("{name} takes {week} per week.", { name: subject ?? "", week: time(weekMs) }),
    evidence: [
      message("{runs}; median {median}, 95th percentile {p95}.", {
        runs: countText(sample, "run"),
        median: time(medianMs),
        p95: time(p95Ms),
      }),
      message("Total: {total}.", { total: time(totalMs) }),
    ],
    advice: message("Consider a cache, watch mode or a smaller scope."),
  }),
  slower: ({ subject, evidence: { sample, medianMs, before, p } }) => ({
    sentence: message("{name} became slower: median rose from {before} to {now}.", {
      name: subject ?? "",
      before: time(before?.medianMs ?? null),
      now: time(medianMs),
    }),
    evidence: [
      message("{runs}; {before} in the previous period.", {
        runs: countText(sample, "run"),
        before: countText(before?.sample ?? 0, "run"),
      }),
      message("p {p} (rank-sum test).", { p: p !== null && p < 0.001 ? "< 0.001" : `= ${(p ?? 1).toFixed(3)}` }),
    ],
    advice: message("Check recent changes: dependencies, data volume, new steps."),
  }),
  waiting: ({ evidence: { sample, totalMs, weekMs } }) => ({
    sentence: message("You spend {week} per week waiting for commands longer than 10 s.", { week: time(weekMs) }),
    evidence: [message("{runs}, total {total}.", { runs: countText(sample, "run"), total: time(totalMs) })],
    advice: message("Run the longest in the background or split them."),
  }),
  failing: ({ subject, evidence }) => ({
    sentence: message("{name} fails in more than half of its runs.", { name: subject ?? "" }),
    evidence: failuresOf(evidence),
    advice: message("Failures cost about {week} per week.", { week: time(evidence.weekMs) }),
  }),
  flaky: ({ subject, evidence }) => ({
    sentence: message("{name} fails in {share} of its runs.", {
      name: subject ?? "",
      share: percentText(evidence.share),
    }),
    evidence: failuresOf(evidence),
    advice: message(
      "If nothing changed between a failure and the next success, it is flaky: check ordering, timing and network.",
    ),
  }),
  agent_failing: ({ subject, agent, evidence }) => ({
    sentence: message("{name} in {agent} fails in {share} of its calls.", {
      name: subject ?? "",
      agent: sourceLabel(agent),
      share: percentText(evidence.share),
    }),
    evidence: failuresOf(evidence),
    advice: message(
      "Failed calls cost tokens. Explain in the agent's instructions how to use this tool, or name an alternative.",
    ),
  }),
  agent_stalling: ({ subject, agent, evidence: { sample, failed, share, low, high } }) => ({
    sentence: message("{name} in {agent} often does not finish.", { name: subject ?? "", agent: sourceLabel(agent) }),
    evidence: [
      message("{open} of {sample} calls have no end ({share}, 95% CI {low} to {high}).", {
        open: failed ?? 0,
        sample,
        share: percentText(share),
        low: percentText(low),
        high: percentText(high),
      }),
    ],
    advice: message("Calls were denied or interrupted, or hang. Check permissions and timeouts."),
  }),
  unused: ({ subject, evidence: { sample } }) => ({
    sentence: message("You have not used {name}.", { name: subject ?? "" }),
    evidence: [
      message("Not used in this period, in which you ran {commands}.", { commands: countText(sample, "command") }),
    ],
    advice: message("Try it in a terminal (Nexus: Install or Remove 'nexus' Command in PATH)."),
  }),
  gap: ({ evidence: { sample } }) => ({
    sentence: message("{events} missing in this period.", { events: countText(sample, "event") }),
    evidence: [message("Detected by gaps in sequence numbers, or reported as dropped.")],
    advice: message(
      "Counts for this period are too low. If it continues, check the log (Nexus: Show Log) and run nexus doctor.",
    ),
  }),
};

export const insightText = (insight: Insight): InsightText => textOfKind[insight.kind](insight);
