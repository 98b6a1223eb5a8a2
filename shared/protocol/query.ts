/**
 * The query model: one question about a period, its filters and its grouping, and the answer with every measure. The dashboard,
 * the command and exports ask with it.
 */
import type { PeriodSelection } from "./reports.ts";

/** Groupings by time, each group being a stretch of local time. */
export const timeGroupings = ["hour", "day", "week", "month"] as const;

/**
 * `program`: the first word of a command; `class`: the kind of work; `exit`: the exit class; `error`: the error category;
 * `weekhour`: the weekday and hour of local time, as "1 14:00" for a Monday.
 */
export const groupings = [
  ...timeGroupings,
  "command",
  "program",
  "class",
  "tool",
  "server",
  "agent",
  "role",
  "model",
  "workspace",
  "source",
  "outcome",
  "error",
  "exit",
  "origin",
  "session",
  "weekhour",
] as const;
export type Grouping = (typeof groupings)[number];

/** Groupings of what the files of agents say. */
export const historyGroupings = [
  "day",
  "week",
  "month",
  "agent",
  "model",
  "tool",
  "session",
] as const satisfies readonly Grouping[];
export type HistoryGrouping = (typeof historyGroupings)[number];

/** Fields that a query can be limited by; all of the given ones must match. */
export const filterNames = [
  "command",
  "class",
  "tool",
  "agent",
  "model",
  "workspace",
  "source",
  "outcome",
  "error",
  "exit",
  "server",
  "role",
  "origin",
  "weekhour",
] as const;
export type FilterName = (typeof filterNames)[number];
/**
 * Values, separated by commas, of which one must match; after `!`, of which none may match (`git!git push,git pull`). A command
 * also matches its subcommands: `git` matches `git push`, `=git` does not. A workspace is given by its stored hash.
 */
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export interface FilterValues {
  /** Of these one must match; empty for any. */
  readonly included: readonly string[];
  /** Of these none may match. */
  readonly excluded: readonly string[];
}

/** Reads a filter. */
export function filterValues(text: string): FilterValues {
  const [included = "", excluded = ""] = text.split("!");
  const list = (part: string) => (part === "" ? [] : part.split(","));
  return { included: list(included), excluded: list(excluded) };
}

/** Writes a filter. */
export const filterText = ({ included, excluded }: FilterValues): string =>
  `${included.join(",")}${excluded.length === 0 ? "" : `!${excluded.join(",")}`}`;

/** Whether a value matches a filter; any does without one. */
export function matchesFilter(filter: string | undefined, value: string): boolean {
  if (filter === undefined) return true;
  const { included, excluded } = filterValues(filter);
  return (included.length === 0 || included.includes(value)) && !excluded.includes(value);
}

export const comparisons = ["previous", "year"] as const;
/** With the period of the same length before, or with the same days of the year before. */
export type Comparison = (typeof comparisons)[number];

export interface Query {
  readonly period: PeriodSelection;
  /** Absent: one group with everything. `time`: the grouping by time of which 40 to 100 groups cover the period. */
  readonly by?: Grouping | "time";
  readonly filters?: Filters;
  readonly compare?: Comparison;
}

/** A share from 0 to 1 of a sample, with its 95% interval (Wilson). */
export interface Rate {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
  readonly sample: number;
}

/** What ended: command runs, or agents' tool calls. The two are never added together. */
export interface Ended {
  readonly count: number;
  readonly ok: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Share of failures among those that succeeded or failed (the sample), with its 95% interval (Wilson); `null` without any. */
  readonly failure: Rate | null;
  /** How many have a known duration; the others are in none of the durations below. */
  readonly timed: number;
  readonly totalMs: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Median of the times in agents' files, which contain waiting for permission; `null` without any. */
  readonly elapsedMs: number | null;
}

export interface Measures {
  /** Command runs: in a terminal, and commands of Nexus tools. */
  readonly runs: Ended;
  /** Time that the user waited for runs, in milliseconds: those that are neither a server nor interactive. */
  readonly waitingMs: number;
  /** Tool calls of agents. */
  readonly calls: Ended;
  /** Calls that the user or a rule denied. */
  readonly refused: number;
  readonly turns: number;
  readonly permissionRequests: number;
  /** How long agents waited for the user's permission, in milliseconds. */
  readonly permissionWaitMs: number;
  /** Active use as reported by the agent, in milliseconds. */
  readonly activeMs: number;
  /** Requests to language models. */
  readonly requests: number;
  /** Requests whose output, and so their cost, is a lower bound: the agent's files hold only a part. */
  readonly lowerBound: number;
  /** Sessions that were open in the period, or in the group by time or source; `null` for other groups and filters. */
  readonly sessions: number | null;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite5m: number;
    readonly cacheWrite1h: number;
    readonly reasoning: number;
  };
  readonly cost: {
    /** US dollars at list prices; `null` if no model has a price. */
    readonly listUsd: number | null;
    /** US dollars as reported by the agents; `null` if none reports it. */
    readonly reportedUsd: number | null;
    /** Tokens of models without a price. */
    readonly unpricedTokens: number;
  };
}

export interface Group {
  /** A value of the grouping; a time as 2026-11-26, 2026-11 or 2026-11-26 14:00; "" for events without a value. */
  readonly key: string;
  /** The class of a command, in groups by command. */
  readonly class?: string;
  readonly measures: Measures;
}

/** The groups and the total of a stretch of time. */
export interface Figures {
  /** Milliseconds since 1970. `toMs`: now, or the end of the period if that is past. */
  readonly fromMs: number;
  readonly toMs: number;
  /** By time in its order and without gaps; else by name. */
  readonly groups: readonly Group[];
  readonly total: Measures;
}

export interface Answer extends Figures {
  /** When the data was read, in milliseconds since 1970. */
  readonly asOfMs: number;
  /** Start of recording if it is within the period, in milliseconds since 1970; else `null`. */
  readonly recordedFromMs: number | null;
  /** Since when the present rules of exit codes apply, if that is within the period; else `null`. Milliseconds since 1970. */
  readonly exitRulesSinceMs: number | null;
  /** Whether the period is over. */
  readonly isOver: boolean;
  /** Events of the period that are known to be lost. */
  readonly lost: number;
  readonly by: Grouping | null;
  /** The stretch to compare with; `null` if none is asked for or recording had not started then. */
  readonly before: Figures | null;
  /** The day of the price list, as YYYY-MM-DD. */
  readonly pricesAsOf: string;
  /** Models with tokens and without a price. */
  readonly unpriced: readonly string[];
}

/** A session as the answer to a query: of a window, of the CLI, or of an agent. */
export interface SessionSummary {
  readonly id: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** What produced its events. */
  readonly sources: readonly string[];
  readonly measures: Measures;
  /** Tool calls that subagents made. */
  readonly subagentCalls: number;
}

/** A moment of a session's timeline. */
export interface SessionEvent {
  readonly tsMs: number;
  readonly source: string;
  /** What happened: a command, a tool, an activity, a model, or the type of the event. */
  readonly name: string;
  readonly outcome: string | null;
  readonly durationMs: number | null;
}

/** A run or tool call that ended. */
export interface EndedRun extends SessionEvent {
  readonly session: string;
  readonly exitClass: string | null;
  readonly error: string | null;
  /** Its stored hash. */
  readonly workspace: string | null;
}

/** Runs and tool calls of a query, one by one. */
export interface Details {
  /** The class of the commands; `null` if there are several or none. */
  readonly class: string | null;
  /** How long they took: from the least to the most, without gaps. `toMs`: exclusive; `null` for the last without a bound. */
  readonly durations: readonly { readonly fromMs: number; readonly toMs: number | null; readonly count: number }[];
  /** The last ones, newest first, of those that retention kept. */
  readonly last: readonly EndedRun[];
}

/** How often a check runs until it succeeds. */
export interface Tries {
  /** Failures that ended with a success. */
  readonly phases: number;
  /** Median number of runs of these, including the first failure and the success; `null` without any. */
  readonly medianTries: number | null;
  /** How many of these needed 2, 3, 4, and 5 or more runs. */
  readonly byTries: readonly number[];
}

/** The recorded workspaces in the order of their first event, and which of them is open. */
export interface Workspaces {
  readonly known: readonly string[];
  readonly here: string | null;
}

/** An event as it was stored. */
export interface TailEvent extends SessionEvent {
  /** Its key: greater for an event that was stored later. */
  readonly key: number;
  readonly session: string;
  readonly exitClass: string | null;
}

/** Stretches of an agent's edits in a workspace that a test, linter or compiler followed within 30 minutes. */
export interface FirstTryGroup {
  readonly agent: string;
  /** The model that the session used last; "" if it is not known. */
  readonly model: string;
  readonly checked: number;
  /** Stretches that no check followed in time. */
  readonly unchecked: number;
  /** Share of the checked ones whose first check succeeded; `null` without any. */
  readonly firstTry: Rate | null;
  /** Checked ones that did not succeed in time. */
  readonly red: number;
  /** Median number of runs until the check succeeded; `null` if it never did. */
  readonly medianTries: number | null;
}

export interface FirstTry {
  readonly groups: readonly FirstTryGroup[];
  /** Whether only the newest events were read. */
  readonly isCut: boolean;
}
