/** What is asked of what was recorded, and answered from its rollups: statistics, metrics, insights, each for some days. */

import { label, request } from "./rpc.ts";
import {
  arrayOf,
  enumOf,
  integer,
  nonNegative,
  nullable,
  object,
  ratio,
  string,
  taggedUnion,
  type Validated,
} from "./validate.ts";

export const periods = ["today", "week", "month", "year"] as const;
export type Period = (typeof periods)[number];

const untilNow = <P extends Period>(period: P) => object({ period: enumOf([period]) });

/** A period of the user's local days that ends now, or days of the user's choice, both included, as 2026-01-31. */
export const selection = taggedUnion("period", {
  today: untilNow("today"),
  week: untilNow("week"),
  month: untilNow("month"),
  year: untilNow("year"),
  custom: object({ period: enumOf(["custom"]), from: string(10), to: string(10) }),
});
export type PeriodSelection = Validated<typeof selection>;

const ranked = object({
  name: label,
  /** Where a tool was used; `null` of a command. */
  source: nullable(label),
  count: integer(),
  failed: integer(),
  /** Of the uses whose duration is known, in milliseconds. */
  medianMs: nullable(integer()),
  totalMs: integer(),
});
export type Ranked = Validated<typeof ranked>;

/** Which days an answer is of, in milliseconds since 1970: from local midnight to now, or to the midnight after its last day. */
const days = { period: enumOf([...periods, "custom"]), fromMs: integer() };

export const units = ["hour", "day", "month"] as const;

/** Editor → worker: what the page shows, for a period. */
export const StatsRequest = request(
  "nexus/stats",
  selection,
  object({
    ...days,
    toMs: integer(),
    /** What a bar of the activity is. */
    unit: enumOf(units),
    /** Where recording began, if that is within the period: the time before it is no silence of the user's. */
    recordedFromMs: nullable(integer()),
    sessions: integer(),
    /** From a session's first to its last event, in milliseconds; `null` without sessions. */
    averageSessionMs: nullable(integer()),
    /** Of Nexus tools, by event logs and the API (ADR-003). */
    workspacesCreated: integer(),
    tasksCompleted: integer(),
    /** Commands that ended: in terminals, and of Nexus tools. The tools of agents are counted apart. */
    commands: integer(),
    succeeded: integer(),
    failed: integer(),
    cancelled: integer(),
    /** Succeeded of succeeded and failed; `null` where there is none. */
    successRate: nullable(ratio),
    durations: nullable(object({ medianMs: integer(), p95Ms: integer(), totalMs: integer() })),
    topCommands: arrayOf(ranked, 10),
    topTools: arrayOf(ranked, 10),
    /** One bar a unit, in order, none left out. */
    activity: arrayOf(object({ startMs: integer(), succeeded: integer(), failed: integer(), other: integer() }), 62),
    /**
     * The same numbers of as many days before; of today, of yesterday until this hour. `null` where recording had not begun then.
     */
    before: nullable(
      object({ commands: integer(), successRate: nullable(ratio), totalMs: integer(), sessions: integer() }),
    ),
    /** Events known to be lost in the period. */
    dropped: integer(),
  }),
);
export type Stats = Validated<(typeof StatsRequest)["result"]>;

const counted = arrayOf(object({ name: label, count: integer() }), 11);

/** Editor → worker: personal usage metrics of a period. */
export const MetricsRequest = request(
  "nexus/metrics",
  selection,
  object({
    ...days,
    toMs: integer(),
    sessions: integer(),
    /** Runs of commands that ended. */
    queries: integer(),
    totalMs: integer(),
    commands: counted,
    profiles: counted,
    thinktools: counted,
    tools: counted,
    averageMs: nullable(integer()),
    successRate: nullable(ratio),
    cacheHitRate: nullable(ratio),
    tokens: object({ input: integer(), output: integer(), cached: integer() }),
    cost: object({
      /** US dollars; `null` where nothing could be priced. */
      usd: nullable(nonNegative),
      /** What agents themselves say that their requests cost; `null` where none does. */
      reportedUsd: nullable(nonNegative),
      /** The month the prices are of. */
      pricesAsOf: label,
      unpriced: arrayOf(object({ model: label, tokens: integer() }), 256),
    }),
  }),
);
export type Metrics = Validated<(typeof MetricsRequest)["result"]>;

const insight = object({
  /** The same for the same thing in every period. */
  id: string(160),
  kind: enumOf(["slow", "slower", "waiting", "failing", "flaky", "agent_failing", "agent_stalling", "unused", "gap"]),
  /** The command, tool or feature it is about. */
  subject: nullable(string(128)),
  /** The source of an agent's tool. */
  agent: nullable(label),
  /** By which insights are ranked: milliseconds a week that it costs. */
  score: nonNegative,
  evidence: object({
    /** How many runs or uses it rests on. */
    sample: integer(),
    failed: nullable(integer()),
    share: nullable(ratio),
    /** The 95 % interval of the share (Wilson). */
    low: nullable(ratio),
    high: nullable(ratio),
    medianMs: nullable(integer()),
    p95Ms: nullable(integer()),
    totalMs: nullable(integer()),
    /** Milliseconds a week. */
    weekMs: nullable(integer()),
    /** The same in the period of the same length before. */
    before: nullable(object({ sample: integer(), medianMs: integer() })),
    /** The probability that such a difference comes by chance. */
    p: nullable(ratio),
  }),
});
export type Insight = Validated<typeof insight>;

/** Editor → worker: what stands out in a period, the most costly first. */
export const InsightsRequest = request(
  "nexus/insights",
  selection,
  object({
    ...days,
    /** Runs of commands in the period: few of them say little. */
    runs: integer(),
    insights: arrayOf(insight, 50),
  }),
);
export type Insights = Validated<(typeof InsightsRequest)["result"]>;

const toolCall = object({
  name: label,
  source: label,
  /** Uses that ended. */
  calls: integer(),
  failed: integer(),
  cancelled: integer(),
  /** Failed of succeeded and failed, with its 95 % interval (Wilson); `null` where no outcome is known. */
  failure: nullable(object({ rate: ratio, low: ratio, high: ratio })),
  /** Of the uses whose duration is known, in milliseconds. */
  durations: nullable(object({ medianMs: integer(), p95Ms: integer(), p99Ms: integer() })),
  /** Uses of each unit of the period, in order. */
  trend: arrayOf(integer(), 62),
  /** The same in the period before; `null` where recording had not begun then. */
  before: nullable(object({ calls: integer(), failureRate: nullable(ratio) })),
});
export type ToolCallStats = Validated<typeof toolCall>;

/** Where tools were used, and how much of it is seen. */
const agentCoverage = object({
  source: label,
  /** Uses whose beginning was seen; a source that tells only of the end has none. */
  started: integer(),
  /** Uses that ended; of them, those whose outcome and those whose duration are known. */
  ended: integer(),
  withOutcome: integer(),
  withDuration: integer(),
  failed: integer(),
  /** Of an agent: uses that its hooks did not tell of, and OpenTelemetry did. */
  missedByHooks: integer(),
});
export type AgentCoverage = Validated<typeof agentCoverage>;

/** Editor → worker: uses of tools by tool and by where they were used, the most frequent first. */
export const ToolCallsRequest = request(
  "nexus/toolCalls",
  selection,
  object({
    ...days,
    toMs: integer(),
    unit: enumOf(units),
    tools: arrayOf(toolCall, 100),
    coverage: arrayOf(agentCoverage, 32),
  }),
);
export type ToolCalls = Validated<(typeof ToolCallsRequest)["result"]>;

const language = object({
  name: label,
  /** How long an editor of the language had the focus, in milliseconds. */
  focusMs: integer(),
  saves: integer(),
});

/** Editor → worker: when in the week somebody works, and in what. */
export const WeeklyActivityRequest = request(
  "nexus/weeklyActivity",
  selection,
  object({
    ...days,
    /** Where the hours of the week begin to be counted: of a long period its last days alone. */
    weekFromMs: integer(),
    /** Runs and uses of tools by hour of the week on the wall clock, from Monday at 0 on. */
    week: arrayOf(integer(), 7 * 24),
    /** How long editors had the focus, in milliseconds; `null` where that was not recorded. */
    activeMs: nullable(integer()),
    /** The same in the period before. */
    activeMsBefore: nullable(integer()),
    languages: arrayOf(language, 10),
  }),
);
export type WeeklyActivity = Validated<(typeof WeeklyActivityRequest)["result"]>;
