/** Requests for statistics, metrics and insights of a period, computed from the rollups. */

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

/** Local days that end now, or a custom range; `from` and `to` are included, as 2026-01-31. */
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
  /** Where the tool was used; `null` for a command. */
  source: nullable(label),
  count: integer(),
  failed: integer(),
  /** Durations: only of runs and calls whose duration is known. */
  medianMs: nullable(integer()),
  totalMs: integer(),
});
export type Ranked = Validated<typeof ranked>;

/** `fromMs`: local midnight. A `toMs` next to it is now, or the midnight after the last day. */
const days = { period: enumOf([...periods, "custom"]), fromMs: integer() };

export const units = ["hour", "day", "month"] as const;

/** Editor → worker: returns the usage statistics of a period. */
export const StatsRequest = request(
  "nexus/stats",
  selection,
  object({
    ...days,
    toMs: integer(),
    /** Width of one bar in `activity`. */
    unit: enumOf(units),
    /** Start of recording, if it is within the period: before it, no data does not mean no activity. */
    recordedFromMs: nullable(integer()),
    /** When answers stopped counting as failures, if that is within the period; earlier runs keep their status. */
    exitRulesSinceMs: nullable(integer()),
    sessions: integer(),
    /** From the first to the last event of a session; `null` without sessions. */
    averageSessionMs: nullable(integer()),
    /** Reported by Nexus tools through event logs and the API (ADR-003). */
    workspacesCreated: integer(),
    tasksCompleted: integer(),
    /** Completed commands in terminals and of Nexus tools, without agents' tool calls. */
    commands: integer(),
    succeeded: integer(),
    failed: integer(),
    cancelled: integer(),
    /** Succeeded / (succeeded + failed); `null` if there are none. */
    successRate: nullable(ratio),
    durations: nullable(object({ medianMs: integer(), p95Ms: integer(), totalMs: integer() })),
    topCommands: arrayOf(ranked, 10),
    topTools: arrayOf(ranked, 10),
    /** One entry per unit, in order, without gaps. */
    activity: arrayOf(object({ startMs: integer(), succeeded: integer(), failed: integer(), other: integer() }), 62),
    /**
     * The previous period of the same length; for today, yesterday up to this hour. `null` if
     * recording had not started yet.
     */
    before: nullable(
      object({ commands: integer(), successRate: nullable(ratio), totalMs: integer(), sessions: integer() }),
    ),
    /** Events of the period that are known to be lost. */
    dropped: integer(),
  }),
);
export type Stats = Validated<(typeof StatsRequest)["result"]>;

const counted = arrayOf(object({ name: label, count: integer() }), 11);

/** Editor → worker: returns the personal usage metrics of a period. */
export const MetricsRequest = request(
  "nexus/metrics",
  selection,
  object({
    ...days,
    toMs: integer(),
    sessions: integer(),
    /** Completed command runs. */
    queries: integer(),
    totalMs: integer(),
    commands: counted,
    profiles: counted,
    thinktools: counted,
    tools: counted,
    averageMs: nullable(integer()),
    successRate: nullable(ratio),
    cacheHitRate: nullable(ratio),
    /** `input` contains what was read from and written to the cache, `output` the reasoning. */
    tokens: object({
      input: integer(),
      output: integer(),
      /** The same as `cacheRead`. */
      cached: integer(),
      cacheRead: integer(),
      cacheWrite5m: integer(),
      cacheWrite1h: integer(),
      reasoning: integer(),
    }),
    cost: object({
      /** US dollars; `null` if no model has a price. */
      usd: nullable(nonNegative),
      /** Cost as reported by the agents; `null` if none reports it. */
      reportedUsd: nullable(nonNegative),
      /** The day of the price list, as YYYY-MM-DD. */
      pricesAsOf: label,
      unpriced: arrayOf(object({ model: label, tokens: integer() }), 256),
    }),
  }),
);
export type Metrics = Validated<(typeof MetricsRequest)["result"]>;

const insight = object({
  /** Stable across periods for the same finding. */
  id: string(160),
  kind: enumOf([
    "slow",
    "slower",
    "waiting",
    "failing",
    "red_green",
    "flaky",
    "agent_failing",
    "agent_stalling",
    "unused",
    "gap",
  ]),
  /** The command, tool or feature. */
  subject: nullable(string(128)),
  /** The source, if the subject is an agent's tool. */
  agent: nullable(label),
  /** Cost in milliseconds per week; insights are ranked by it. */
  score: nonNegative,
  evidence: object({
    /** Number of runs or tool calls. */
    sample: integer(),
    failed: nullable(integer()),
    share: nullable(ratio),
    /** 95% confidence interval of the share (Wilson). */
    low: nullable(ratio),
    high: nullable(ratio),
    medianMs: nullable(integer()),
    p95Ms: nullable(integer()),
    totalMs: nullable(integer()),
    /** Milliseconds per week. */
    weekMs: nullable(integer()),
    /** Before the change. */
    before: nullable(object({ sample: integer(), medianMs: integer() })),
    /** Start of the day of the change. Milliseconds since 1970. */
    sinceMs: nullable(integer()),
    /** p-value of the difference. */
    p: nullable(ratio),
    /** Median number of runs until a failing check succeeds. */
    tries: nullable(integer()),
    /** Failing phases that ended with a success, or without an explanation. */
    phases: nullable(integer()),
  }),
});
export type Insight = Validated<typeof insight>;

/** How many runs of a command an insight needs. */
export const minRuns = 10;

/** Editor → worker: returns the insights of a period, most costly first. */
export const InsightsRequest = request(
  "nexus/insights",
  selection,
  object({
    ...days,
    /** Command runs in the period; the empty state depends on it. */
    runs: integer(),
    insights: arrayOf(insight, 50),
  }),
);
export type Insights = Validated<(typeof InsightsRequest)["result"]>;

const toolCall = object({
  name: label,
  source: label,
  calls: integer(),
  failed: integer(),
  cancelled: integer(),
  /** Failed / (succeeded + failed), with 95% confidence interval (Wilson); `null`: no outcomes. */
  failure: nullable(object({ rate: ratio, low: ratio, high: ratio })),
  /** Only of calls whose duration is known. */
  durations: nullable(object({ medianMs: integer(), p95Ms: integer(), p99Ms: integer() })),
  /** Calls per unit of the period, in order. */
  trend: arrayOf(integer(), 62),
  /** The previous period; `null` if recording had not started yet. */
  before: nullable(object({ calls: integer(), failureRate: nullable(ratio) })),
});
export type ToolCallStats = Validated<typeof toolCall>;

/** Per source: how many of its tool calls are recorded, and how completely. */
const agentCoverage = object({
  source: label,
  /** Calls with a recorded start; 0 for a source that reports only ends. */
  started: integer(),
  /** Completed calls; of these, calls with known outcome and with known duration. */
  ended: integer(),
  withOutcome: integer(),
  withDuration: integer(),
  failed: integer(),
  /** Agents only: calls that OpenTelemetry reported and the hooks did not. */
  missedByHooks: integer(),
});
export type AgentCoverage = Validated<typeof agentCoverage>;

/** Editor → worker: returns tool calls by tool and source, most frequent first. */
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
  focusMs: integer(),
  saves: integer(),
});

/** Editor → worker: returns the activity by weekday and hour, and by language. */
export const WeeklyActivityRequest = request(
  "nexus/weeklyActivity",
  selection,
  object({
    ...days,
    /** Start of the data in `week`: for a long period, only its last days are counted. */
    weekFromMs: integer(),
    /** Runs and tool calls by local hour of the week, starting on Monday at 00:00. */
    week: arrayOf(integer(), 7 * 24),
    /** Focus time of editors; `null` if it was not recorded. */
    activeMs: nullable(integer()),
    /** The previous period. */
    activeMsBefore: nullable(integer()),
    languages: arrayOf(language, 10),
  }),
);
export type WeeklyActivity = Validated<(typeof WeeklyActivityRequest)["result"]>;
