/**
 * The metrics (analytics design 7.1): what each one means, where it is read, and what it can be
 * grouped by. The documentation, the query API and the dashboards' labels come from this table.
 */
import { isCommand, isEnd, outcome } from "../../warehouse/outcomes.ts";
import type { Grain } from "../period.ts";
import type { DimensionName } from "./dimensions.ts";

/** Days before and after a date that decide on churn. */
export const churnDays = 30;

export type Unit = "users" | "sessions" | "events" | "ratio" | "milliseconds" | "score" | "per session";

/** Which change is an improvement. */
export type Better = "higher" | "lower" | "neither";

/** How values are computed: `sql` per bucket and group, or by a module of its own. */
export type Source =
  | {
      readonly type: "sql";
      readonly table: "events" | "session_hours" | "sessions" | "users";
      /** Condition of the rows that count. */
      readonly where?: string;
      /** Aggregate over the rows; a ratio's numerator. */
      readonly value: string;
      /** A ratio's denominator. */
      readonly per?: string;
      /** The denominator counts all groups of this dimension. */
      readonly shareOf?: DimensionName;
      /** The denominator is multiplied by the days of the bucket. */
      readonly perDay?: true;
      /** It counts distinct users or sessions, so that values of buckets do not add up to a total. */
      readonly distinct?: true;
    }
  /** Users in the days that end with each bucket's day. */
  | { readonly type: "rolling"; readonly days: number }
  /** Share of a bucket's new users who are active on day N after their first. */
  | { readonly type: "retention"; readonly day: number }
  /** Users of the 30 days before a bucket without an event in the 30 days from its first day. */
  | { readonly type: "churn" };

export interface Metric {
  readonly title: string;
  readonly definition: string;
  readonly group: "Engagement" | "Adoption" | "Quality" | "Growth";
  readonly unit: Unit;
  readonly better: Better;
  readonly grains: readonly Grain[];
  readonly dimensions: readonly DimensionName[];
  readonly source: Source;
  /** The value of a bucket without rows; `null`: there is none. */
  readonly empty: 0 | null;
}

const everyGrain = ["day", "week", "month"] as const;
const people = ["source", "version", "os"] as const satisfies readonly DimensionName[];
const users = "uniqExact(anon_user_id)";

const activeUsers = (grain: Grain, title: string): Metric => ({
  title,
  definition: `Users with at least one event in the ${grain} (UTC${grain === "week" ? ", from Monday" : ""}).`,
  group: "Engagement",
  unit: "users",
  better: "higher",
  grains: [grain],
  dimensions: people,
  source: { type: "sql", table: "session_hours", value: users, distinct: true },
  empty: 0,
});

const activeSessions = (grain: Grain, title: string): Metric => ({
  ...activeUsers(grain, title),
  definition: `Sessions with at least one event in the ${grain} (UTC${grain === "week" ? ", from Monday" : ""}).`,
  unit: "sessions",
  source: { type: "sql", table: "session_hours", value: "uniqExact(anon_user_id, anon_session_id)", distinct: true },
});

const rolling = (days: number, title: string): Metric => ({
  ...activeUsers("day", title),
  definition: `Users with at least one event in the ${days} days that end with the day.`,
  source: { type: "rolling", days },
});

const latency = (level: number, title: string): Metric => ({
  title,
  definition: `The duration that ${level * 100}% of commands and tool calls do not exceed (linear interpolation, R type 7).`,
  group: "Quality",
  unit: "milliseconds",
  better: "lower",
  grains: everyGrain,
  dimensions: ["command", "tool", "model", ...people],
  source: {
    type: "sql",
    table: "events",
    where: `${isEnd} AND duration_ms IS NOT NULL`,
    value: `quantileExactInclusiveOrNull(${level})(assumeNotNull(duration_ms))`,
  },
  empty: null,
});

const score = (column: string, title: string): Metric => ({
  title,
  definition: `Mean ${column.replace("_", " ")} of the completed ThinkTools that report one, from 0 to 1.`,
  group: "Quality",
  unit: "score",
  better: "higher",
  grains: everyGrain,
  dimensions: ["thinktool", "profile", "model", "version"],
  source: {
    type: "sql",
    table: "events",
    where: `event_type = 'thinktool_completed' AND ${column} IS NOT NULL`,
    value: `sum(assumeNotNull(${column}))`,
    per: "count()",
  },
  empty: null,
});

const retention = (day: number, title: string): Metric => ({
  title,
  definition: `Share of the users first seen in the bucket who have an event on calendar day ${day} after their first day. Users whose day ${day} is not over count in neither part.`,
  group: "Growth",
  unit: "ratio",
  better: "higher",
  grains: everyGrain,
  dimensions: ["source", "version", "os", "install_method"],
  source: { type: "retention", day },
  empty: null,
});

const eventsOf = (type: string, value = "count()") =>
  ({ type: "sql", table: "events", where: `event_type = '${type}'`, value }) as const;

export const metrics = {
  dau: activeUsers("day", "Daily active users"),
  wau: activeUsers("week", "Weekly active users"),
  mau: activeUsers("month", "Monthly active users"),
  dau_sessions: activeSessions("day", "Daily sessions"),
  wau_sessions: activeSessions("week", "Weekly sessions"),
  mau_sessions: activeSessions("month", "Monthly sessions"),
  wau_rolling7: rolling(7, "Active users of 7 days"),
  mau_rolling30: rolling(30, "Active users of 30 days"),
  dau_mau: {
    ...activeUsers("month", "DAU/MAU"),
    definition: "Mean daily active users over all days of the bucket so far, as a share of the bucket's users.",
    unit: "ratio",
    grains: ["week", "month"],
    source: {
      type: "sql",
      table: "session_hours",
      value: "uniqExact(anon_user_id, toDate(hour))",
      per: users,
      perDay: true,
      distinct: true,
    },
    empty: null,
  },
  session_duration: {
    ...activeUsers("day", "Session duration"),
    definition: "Median time from the first to the last event of the sessions that began in the bucket.",
    unit: "milliseconds",
    better: "neither",
    grains: everyGrain,
    source: { type: "sql", table: "sessions", value: "quantileExactInclusiveOrNull(0.5)(duration)" },
    empty: null,
  },
  queries_per_session: {
    ...activeUsers("day", "Queries per session"),
    definition: "Commands that ended, of Nexus tools and in terminals, per session that began in the bucket.",
    unit: "per session",
    grains: everyGrain,
    source: { type: "sql", table: "sessions", value: "sum(commands)", per: "count()" },
    empty: null,
  },
  thinktool_usage: {
    title: "ThinkTool usage",
    definition: "Completed ThinkTools.",
    group: "Adoption",
    unit: "events",
    better: "higher",
    grains: everyGrain,
    dimensions: ["thinktool", "profile", "model", ...people],
    source: eventsOf("thinktool_completed"),
    empty: 0,
  },
  profile_distribution: {
    title: "Profile distribution",
    definition: "Share of each profile in the commands that ended and name a profile.",
    group: "Adoption",
    unit: "ratio",
    better: "neither",
    grains: everyGrain,
    dimensions: ["profile", "command", ...people],
    source: {
      type: "sql",
      table: "events",
      where: `${isCommand} AND profile != ''`,
      value: "count()",
      per: "count()",
      shareOf: "profile",
    },
    empty: null,
  },
  feature_discovery: {
    title: "Feature discovery",
    definition: "Features that users discovered, by how they discovered them.",
    group: "Adoption",
    unit: "events",
    better: "higher",
    grains: everyGrain,
    dimensions: ["discovery", "feature", ...people],
    source: eventsOf("feature_discovered"),
    empty: 0,
  },
  feature_stickiness: {
    title: "Feature stickiness",
    definition:
      "Users who used a feature for the 5th time or more in the bucket, as a share of those who did so or used one for the first time.",
    group: "Adoption",
    unit: "ratio",
    better: "higher",
    grains: everyGrain,
    dimensions: ["feature", ...people],
    source: {
      type: "sql",
      table: "events",
      where: "event_type IN ('feature_first_use', 'feature_adoption')",
      value: "uniqExactIf(anon_user_id, event_type = 'feature_adoption')",
      per: users,
      distinct: true,
    },
    empty: null,
  },
  upgrade_interest: {
    title: "Upgrade interest",
    definition:
      "Users who opened an upgrade link, as a share of those to whom an upgrade was offered or who opened one.",
    group: "Adoption",
    unit: "ratio",
    better: "higher",
    grains: everyGrain,
    dimensions: ["upgrade_feature", ...people],
    source: {
      type: "sql",
      table: "events",
      where: "event_type IN ('upgrade_prompt_shown', 'upgrade_link_clicked')",
      value: "uniqExactIf(anon_user_id, event_type = 'upgrade_link_clicked')",
      per: users,
      distinct: true,
    },
    empty: null,
  },
  success_rate: {
    title: "Success rate",
    definition: "Commands and tool calls that succeeded, as a share of those that succeeded or failed.",
    group: "Quality",
    unit: "ratio",
    better: "higher",
    grains: everyGrain,
    dimensions: ["command", "tool", "model", ...people],
    source: {
      type: "sql",
      table: "events",
      where: `${isEnd} AND ${outcome} IN ('ok', 'failed')`,
      value: `countIf(${outcome} = 'ok')`,
      per: "count()",
    },
    empty: null,
  },
  error_rate: {
    title: "Error rate",
    definition:
      "Commands and tool calls that failed, as a share of those that succeeded or failed. By error type: failures of the type, as a share of all.",
    group: "Quality",
    unit: "ratio",
    better: "lower",
    grains: everyGrain,
    dimensions: ["error", "command", "tool", "model", ...people],
    source: {
      type: "sql",
      table: "events",
      where: `${isEnd} AND ${outcome} IN ('ok', 'failed')`,
      value: `countIf(${outcome} = 'failed')`,
      per: "count()",
      shareOf: "error",
    },
    empty: null,
  },
  latency_p50: latency(0.5, "Latency, median"),
  latency_p95: latency(0.95, "Latency, 95th percentile"),
  latency_p99: latency(0.99, "Latency, 99th percentile"),
  confidence: score("confidence_score", "Confidence"),
  coherence: score("coherence_score", "Coherence"),
  depth: score("depth_score", "Depth"),
  installs: {
    title: "Installations",
    definition: "Completed installations. Grouped by method: how the product was installed.",
    group: "Growth",
    unit: "events",
    better: "higher",
    grains: everyGrain,
    dimensions: ["install_method", ...people],
    source: eventsOf("install_completed"),
    empty: 0,
  },
  new_users: {
    title: "New users",
    definition: "Users whose first event is in the bucket. Who returns 90 days after the last event is new.",
    group: "Growth",
    unit: "users",
    better: "higher",
    grains: everyGrain,
    dimensions: ["source", "version", "os", "install_method"],
    source: { type: "sql", table: "users", value: users },
    empty: 0,
  },
  retention_d1: retention(1, "Retention, day 1"),
  retention_d7: retention(7, "Retention, day 7"),
  retention_d30: retention(30, "Retention, day 30"),
  churn: {
    title: "Churn rate",
    definition: `Users active in the ${churnDays} days before the bucket's first day without an event in the ${churnDays} days from it, as a share of the former.`,
    group: "Growth",
    unit: "ratio",
    better: "lower",
    grains: everyGrain,
    dimensions: people,
    source: { type: "churn" },
    empty: null,
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

export const metricNames = Object.keys(metrics) as readonly MetricName[];

export const metricOf = (name: MetricName): Metric => metrics[name];
