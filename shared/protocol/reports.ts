/** What is asked of what was recorded, and answered from its rollups: statistics, metrics, insights, each for some days. */

import { label, request } from "./rpc.ts";
import { amount, type Checked, listOf, nullable, oneOf, ratio, record, text, whole, word } from "./validate.ts";

export const periods = ["today", "week", "month", "year"] as const;
export type Period = (typeof periods)[number];

const ending = <P extends Period>(period: P) => record({ period: word([period]) });

/** A period of the user's local days that ends now, or days of the user's choice, both included, as 2026-01-31. */
export const selection = oneOf("period", {
  today: ending("today"),
  week: ending("week"),
  month: ending("month"),
  year: ending("year"),
  custom: record({ period: word(["custom"]), from: text(10), to: text(10) }),
});
export type Selection = Checked<typeof selection>;

const ranked = record({
  name: label,
  /** Where a tool was used; `null` of a command. */
  source: nullable(label),
  count: whole(),
  failed: whole(),
  /** Of the uses whose duration is known, in milliseconds. */
  medianMs: nullable(whole()),
  totalMs: whole(),
});
export type Ranked = Checked<typeof ranked>;

/** Which days an answer is of, in milliseconds since 1970: from local midnight to now, or to the midnight after its last day. */
const days = { period: word([...periods, "custom"]), fromMs: whole() };

export const units = ["hour", "day", "month"] as const;

/** Editor → worker: what the page shows, for a period. */
export const stats = request(
  "nexus/stats",
  selection,
  record({
    ...days,
    toMs: whole(),
    /** What a bar of the activity is. */
    unit: word(units),
    /** Where recording began, if that is within the period: the time before it is no silence of the user's. */
    recordedFromMs: nullable(whole()),
    sessions: whole(),
    /** From a session's first to its last event, in milliseconds; `null` without sessions. */
    averageSessionMs: nullable(whole()),
    /** Of Nexus tools, by event logs and the API (ADR-003). */
    workspacesCreated: whole(),
    tasksCompleted: whole(),
    /** Commands that ended: in terminals, and of Nexus tools. The tools of agents are counted apart. */
    commands: whole(),
    succeeded: whole(),
    failed: whole(),
    cancelled: whole(),
    /** Succeeded of succeeded and failed; `null` where there is none. */
    successRate: nullable(ratio),
    durations: nullable(record({ medianMs: whole(), p95Ms: whole(), totalMs: whole() })),
    topCommands: listOf(ranked, 10),
    topTools: listOf(ranked, 10),
    /** One bar a unit, in order, none left out. */
    activity: listOf(record({ startMs: whole(), succeeded: whole(), failed: whole(), other: whole() }), 62),
    /**
     * The same numbers of as many days before; of today, of yesterday until this hour. `null` where recording had not begun then.
     */
    before: nullable(record({ commands: whole(), successRate: nullable(ratio), totalMs: whole(), sessions: whole() })),
    /** Events known to be lost in the period. */
    dropped: whole(),
  }),
);
export type Stats = Checked<(typeof stats)["result"]>;

const counted = listOf(record({ name: label, count: whole() }), 11);

/** Editor → worker: personal usage metrics of a period. */
export const metrics = request(
  "nexus/metrics",
  selection,
  record({
    ...days,
    toMs: whole(),
    sessions: whole(),
    /** Runs of commands that ended. */
    queries: whole(),
    totalMs: whole(),
    commands: counted,
    profiles: counted,
    thinktools: counted,
    tools: counted,
    averageMs: nullable(whole()),
    successRate: nullable(ratio),
    cacheHitRate: nullable(ratio),
    tokens: record({ input: whole(), output: whole(), cached: whole() }),
    cost: record({
      /** US dollars; `null` where nothing could be priced. */
      usd: nullable(amount),
      /** What agents themselves say that their requests cost; `null` where none does. */
      toldUsd: nullable(amount),
      /** The month the prices are of. */
      pricesAsOf: label,
      notPriced: listOf(record({ model: label, tokens: whole() }), 256),
    }),
  }),
);
export type Metrics = Checked<(typeof metrics)["result"]>;

const insight = record({
  /** The same for the same thing in every period. */
  id: text(160),
  kind: word(["slow", "slower", "waiting", "failing", "flaky", "agent_failing", "agent_stalling", "unused", "gap"]),
  /** The command, tool or feature it is about. */
  subject: nullable(text(128)),
  /** The source of an agent's tool. */
  agent: nullable(label),
  /** By which insights are ranked: milliseconds a week that it costs. */
  score: amount,
  evidence: record({
    /** How many runs or uses it rests on. */
    sample: whole(),
    failed: nullable(whole()),
    share: nullable(ratio),
    /** The 95 % interval of the share (Wilson). */
    low: nullable(ratio),
    high: nullable(ratio),
    medianMs: nullable(whole()),
    p95Ms: nullable(whole()),
    totalMs: nullable(whole()),
    /** Milliseconds a week. */
    weekMs: nullable(whole()),
    /** The same in the period of the same length before. */
    before: nullable(record({ sample: whole(), medianMs: whole() })),
    /** The probability that such a difference comes by chance. */
    p: nullable(ratio),
  }),
});
export type Insight = Checked<typeof insight>;

/** Editor → worker: what stands out in a period, the most costly first. */
export const insights = request(
  "nexus/insights",
  selection,
  record({
    ...days,
    /** Runs of commands in the period: few of them say little. */
    runs: whole(),
    insights: listOf(insight, 50),
  }),
);
export type Insights = Checked<(typeof insights)["result"]>;

const toolUse = record({
  name: label,
  source: label,
  /** Uses that ended. */
  uses: whole(),
  failed: whole(),
  cancelled: whole(),
  /** Failed of succeeded and failed, with its 95 % interval (Wilson); `null` where no outcome is known. */
  failure: nullable(record({ rate: ratio, low: ratio, high: ratio })),
  /** Of the uses whose duration is known, in milliseconds. */
  durations: nullable(record({ medianMs: whole(), p95Ms: whole(), p99Ms: whole() })),
  /** Uses of each unit of the period, in order. */
  trend: listOf(whole(), 62),
  /** The same in the period before; `null` where recording had not begun then. */
  before: nullable(record({ uses: whole(), failureRate: nullable(ratio) })),
});
export type ToolUse = Checked<typeof toolUse>;

/** Where tools were used, and how much of it is seen. */
const host = record({
  source: label,
  /** Uses whose beginning was seen; a source that tells only of the end has none. */
  begun: whole(),
  /** Uses that ended; of them, those whose outcome and those whose duration are known. */
  ended: whole(),
  judged: whole(),
  timed: whole(),
  failed: whole(),
  /** Of an agent: uses that its hooks did not tell of, and OpenTelemetry did. */
  missed: whole(),
});
export type Host = Checked<typeof host>;

/** Editor → worker: uses of tools by tool and by where they were used, the most frequent first. */
export const toolUses = request(
  "nexus/toolUses",
  selection,
  record({ ...days, toMs: whole(), unit: word(units), tools: listOf(toolUse, 100), hosts: listOf(host, 32) }),
);
export type ToolUses = Checked<(typeof toolUses)["result"]>;

const language = record({
  name: label,
  /** How long an editor of the language had the focus, in milliseconds. */
  focusMs: whole(),
  saves: whole(),
});

/** Editor → worker: when in the week somebody works, and in what. */
export const rhythm = request(
  "nexus/rhythm",
  selection,
  record({
    ...days,
    /** Where the hours of the week begin to be counted: of a long period its last days alone. */
    weekFromMs: whole(),
    /** Runs and uses of tools by hour of the week on the wall clock, from Monday at 0 on. */
    week: listOf(whole(), 7 * 24),
    /** How long editors had the focus, in milliseconds; `null` where that was not recorded. */
    activeMs: nullable(whole()),
    /** The same in the period before. */
    activeMsBefore: nullable(whole()),
    languages: listOf(language, 10),
  }),
);
export type Rhythm = Checked<(typeof rhythm)["result"]>;
