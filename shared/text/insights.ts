/** Formats insights as text, for the dashboard and the terminal. */
import { type Message, message } from "../protocol/message.ts";
import type { Insight } from "../protocol/reports.ts";
import { countText, dayText, durationText, percentText } from "./format.ts";
import { sourceLabel } from "./labels.ts";
import { toolLabel } from "./tool-labels.ts";

export const insightFilters = ["slow", "errors", "agents"] as const;
export type InsightFilter = (typeof insightFilters)[number];

const filtersOf: Readonly<Record<Insight["kind"], readonly InsightFilter[]>> = {
  slow: ["slow"],
  slower: ["slow"],
  waiting: ["slow"],
  failing: ["errors"],
  red_green: ["errors"],
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
  /** What the finding rests on: sample, test, threshold. */
  readonly why: Message;
}

/** The costliest insight of its kind, with the others. */
export interface InsightCard {
  readonly main: Insight;
  readonly others: readonly Insight[];
}

/** Groups insights to one card per kind, in the order of their first. */
export function insightCards(insights: readonly Insight[]): readonly InsightCard[] {
  const cards = new Map<Insight["kind"], { main: Insight; others: Insight[] }>();
  for (const insight of insights) {
    const card = cards.get(insight.kind);
    if (card === undefined) cards.set(insight.kind, { main: insight, others: [] });
    else card.others.push(insight);
  }
  return [...cards.values()];
}

const time = (ms: number | null): string => (ms === null ? "unknown" : durationText(ms));

const failureRule =
  "At least 10 runs with an outcome; the lower end of the 95% confidence interval (Wilson) is at least 10%. Answers, such as no match, do not count as failures.";

function failuresOf({ sample, failed, share, low, high }: Insight["evidence"]): readonly Message[] {
  if (failed === null) return [];
  const values = { failed, sample, share: percentText(share), low: percentText(low), high: percentText(high) };
  return [message("{failed} of {sample} failed ({share}, 95% CI {low} to {high}).", values)];
}

/** The name of an insight's subject, for a list: the agent of a tool in brackets. */
export const subjectText = ({ subject, agent }: Insight): string =>
  agent === null ? (subject ?? "") : `${toolLabel(subject ?? "")} (${sourceLabel(agent)})`;

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
    why: message(
      "At least 10 runs, a median of at least 5 s, and 10 min per week. Servers and interactive programs are not included.",
    ),
  }),
  slower: ({ subject, evidence: { sample, medianMs, before, sinceMs, p } }) => ({
    sentence: message("{name} became slower on {day}: median rose from {before} to {now}.", {
      name: subject ?? "",
      day: dayText(sinceMs ?? 0),
      before: time(before?.medianMs ?? null),
      now: time(medianMs),
    }),
    evidence: [
      message("{runs} since then; {before} before.", {
        runs: countText(sample, "run"),
        before: countText(before?.sample ?? 0, "run"),
      }),
      message("p {p} (rank-sum test).", { p: p !== null && p < 0.001 ? "< 0.001" : `= ${(p ?? 1).toFixed(3)}` }),
    ],
    advice: message("Check what changed on that day: dependencies, data volume, new steps."),
    why: message(
      "At least 10 runs before and after; a rank-sum test at a false discovery rate of 1%, corrected for the number of days; at least 25% and 200 ms slower.",
    ),
  }),
  waiting: ({ evidence: { sample, totalMs, weekMs } }) => ({
    sentence: message("You spend {week} per week waiting for commands longer than 10 s.", { week: time(weekMs) }),
    evidence: [message("{runs}, total {total}.", { runs: countText(sample, "run"), total: time(totalMs) })],
    advice: message("Run the longest in the background or split them."),
    why: message(
      "At least 10 runs longer than 10 s, and 30 min per week. Servers and interactive programs are not included.",
    ),
  }),
  failing: ({ subject, evidence }) => ({
    sentence: message("{name} fails in {share} of its runs.", {
      name: subject ?? "",
      share: percentText(evidence.share),
    }),
    evidence: failuresOf(evidence),
    advice: message("Failures cost about {week} per week.", { week: time(evidence.weekMs) }),
    why: message(failureRule),
  }),
  red_green: ({ subject, evidence }) => ({
    sentence:
      evidence.tries === null
        ? message("{name} is red in {share} of its runs.", { name: subject ?? "", share: percentText(evidence.share) })
        : message("{name} is red in {share} of its runs, then green after {tries}.", {
            name: subject ?? "",
            share: percentText(evidence.share),
            tries: countText(evidence.tries, "try", "tries"),
          }),
    evidence: [
      ...failuresOf(evidence),
      ...(evidence.tries === null
        ? []
        : [
            message("{phases} ended with a success; median: {runs}.", {
              phases: countText(evidence.phases ?? 0, "red phase"),
              runs: countText(evidence.tries, "run"),
            }),
          ]),
    ],
    advice: message("Red runs cost about {week} per week. Run a smaller scope, or watch mode, while you fix it.", {
      week: time(evidence.weekMs),
    }),
    why: message(failureRule),
  }),
  flaky: ({ subject, evidence }) => ({
    sentence: message("{name} fails and then succeeds although nothing happened in between.", { name: subject ?? "" }),
    evidence: [
      message("{times} in this period.", { times: countText(evidence.phases ?? 0, "time") }),
      ...failuresOf(evidence),
    ],
    advice: message("It is flaky: check ordering, timing and network."),
    why: message(
      "At least 3 failures directly followed by a success of the same command in the same session, without a saved file or another command in between.",
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
    why: message(failureRule),
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
    why: message("At least 10 calls; the lower end of the 95% confidence interval is at least 10%."),
  }),
  unused: ({ subject, evidence: { sample } }) => ({
    sentence: message("You have not used {name}.", { name: subject ?? "" }),
    evidence: [
      message("Not used in this period, in which you ran {commands}.", { commands: countText(sample, "command") }),
    ],
    advice: message("Try it in a terminal."),
    why: message("At least 100 commands in this period."),
  }),
  gap: ({ evidence: { sample } }) => ({
    sentence: message("{events} missing in this period.", { events: countText(sample, "event") }),
    evidence: [message("Detected by gaps in sequence numbers, or reported as dropped.")],
    advice: message(
      "Counts for this period are too low. If it continues, check the log (Nexus: Show Log) and run nexus doctor.",
    ),
    why: message("Every gap is reported."),
  }),
};

export const insightText = (insight: Insight): InsightText => textOfKind[insight.kind](insight);
