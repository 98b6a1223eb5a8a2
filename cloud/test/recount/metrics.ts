/**
 * Every metric once more, from its definition: plain TypeScript over a list of events, without SQL
 * and without the code that it checks.
 */
import type { TestEvent } from "./events.ts";

const dayMs = 86_400_000;
export const dayOf = (tsMs: number): string => new Date(tsMs).toISOString().slice(0, 10);
export const shift = (day: string, days: number): string => dayOf(Date.parse(day) + days * dayMs);

export function bucketOf(grain: string, day: string): string {
  if (grain === "day") return day;
  if (grain === "month") return `${day.slice(0, 7)}-01`;
  const weekday = new Date(day).getUTCDay();
  return shift(day, weekday === 0 ? -6 : 1 - weekday);
}

export function nextBucket(grain: string, start: string): string {
  if (grain === "day") return shift(start, 1);
  if (grain === "week") return shift(start, 7);
  const [year = 0, month = 0] = start.split("-").map(Number);
  return month === 12 ? `${year + 1}-01-01` : `${year}-${String(month + 1).padStart(2, "0")}-01`;
}

function groupsOf<T>(things: readonly T[], keyOf: (thing: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) groups.set(keyOf(thing), [...(groups.get(keyOf(thing)) ?? []), thing]);
  return groups;
}

const unique = (values: readonly string[]): number => new Set(values).size;
const usersIn = (events: readonly TestEvent[]): number => unique(events.map(({ user }) => user));
const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);

export function quantile(values: readonly number[], level: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = level * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place % 1);
}

const commandTypes = ["command_finished", "command_failed", "command_cancelled"];
export const isCommand = ({ type, columns }: TestEvent): boolean =>
  commandTypes.includes(type) || (columns["tool_name"] === "run_terminal_cmd" && columns["tool_phase"] === "end");
const isEnd = ({ type, columns }: TestEvent): boolean =>
  commandTypes.includes(type) || (type === "agent_event" && columns["tool_phase"] === "end");
export function outcomeOf({ type, columns }: TestEvent): string {
  if (type === "command_failed") return "failed";
  if (type === "command_cancelled") return "cancelled";
  return String(columns["status"] ?? (type === "command_finished" ? "ok" : "unknown"));
}
const isJudged = (event: TestEvent): boolean => isEnd(event) && ["ok", "failed"].includes(outcomeOf(event));

export const columnNames: Readonly<Record<string, string>> = {
  source: "source",
  version: "product_version",
  os: "product_os",
  command: "command_path",
  tool: "tool_name",
  model: "model",
  error: "error_category",
  thinktool: "thinktool",
  profile: "profile",
  feature: "feature",
  discovery: "discovery_source",
  upgrade_feature: "upgrade_feature",
  install_method: "install_method",
};
export const fieldOf = (event: TestEvent, dimension: string): string =>
  String(event.columns[columnNames[dimension] ?? ""] ?? "");

interface Session {
  readonly user: string;
  readonly day: string;
  readonly durationMs: number;
  readonly commands: number;
  readonly first: TestEvent;
}

export function sessionsOf(events: readonly TestEvent[]): readonly Session[] {
  const groups = groupsOf(events, ({ user, session }) => `${user} ${session}`);
  return [...groups.values()].map((own) => {
    const sorted = [...own].sort((a, b) => a.tsMs - b.tsMs || a.seq - b.seq);
    const first = sorted[0] as TestEvent;
    const last = sorted.at(-1) as TestEvent;
    return {
      user: first.user,
      day: dayOf(first.tsMs),
      durationMs: last.tsMs - first.tsMs,
      commands: own.filter(isCommand).length,
      first,
    };
  });
}

export interface Person {
  readonly user: string;
  readonly firstDay: string;
  readonly days: ReadonlySet<string>;
  readonly first: TestEvent;
  readonly install: TestEvent | undefined;
}

export function peopleOf(events: readonly TestEvent[]): readonly Person[] {
  return [...groupsOf(events, ({ user }) => user).entries()].map(([user, own]) => {
    const sorted = [...own].sort((a, b) => a.tsMs - b.tsMs);
    const first = sorted[0] as TestEvent;
    return {
      user,
      first,
      firstDay: dayOf(first.tsMs),
      days: new Set(own.map(({ tsMs }) => dayOf(tsMs))),
      install: sorted.find(({ type }) => type === "install_completed"),
    };
  });
}

export interface Question {
  readonly metric: string;
  readonly grain: string;
  /** First days of the buckets. */
  readonly starts: readonly string[];
  readonly groupBy: string | null;
  readonly filters: readonly { readonly dimension: string; readonly value: string }[];
  /** The day that is not over. */
  readonly today: string;
}

export type Answer = ReadonlyMap<string, number | null>;

const eventMetrics: Readonly<Record<string, (some: readonly TestEvent[], all: readonly TestEvent[]) => number | null>> =
  {
    dau: usersIn,
    wau: usersIn,
    mau: usersIn,
    dau_sessions: (some) => unique(some.map(({ user, session }) => `${user} ${session}`)),
    wau_sessions: (some) => unique(some.map(({ user, session }) => `${user} ${session}`)),
    mau_sessions: (some) => unique(some.map(({ user, session }) => `${user} ${session}`)),
    thinktool_usage: (some) => some.filter(({ type }) => type === "thinktool_completed").length,
    profile_distribution: (some, all) => {
      const named = (events: readonly TestEvent[]) =>
        events.filter((e) => isCommand(e) && e.columns["profile"] !== undefined);
      return ratio(named(some).length, named(all).length);
    },
    feature_discovery: (some) => some.filter(({ type }) => type === "feature_discovered").length,
    feature_stickiness: (some) => {
      const adopted = some.filter(({ type }) => type === "feature_adoption");
      return ratio(usersIn(adopted), usersIn([...adopted, ...some.filter(({ type }) => type === "feature_first_use")]));
    },
    upgrade_interest: (some) => {
      const clicked = some.filter(({ type }) => type === "upgrade_link_clicked");
      return ratio(
        usersIn(clicked),
        usersIn([...clicked, ...some.filter(({ type }) => type === "upgrade_prompt_shown")]),
      );
    },
    success_rate: (some) => {
      const judged = some.filter(isJudged);
      return ratio(judged.filter((e) => outcomeOf(e) === "ok").length, judged.length);
    },
    error_rate: (some, all) =>
      ratio(some.filter((e) => isJudged(e) && outcomeOf(e) === "failed").length, all.filter(isJudged).length),
    installs: (some) => some.filter(({ type }) => type === "install_completed").length,
  };

for (const [name, level] of [
  ["latency_p50", 0.5],
  ["latency_p95", 0.95],
  ["latency_p99", 0.99],
] as const)
  Object.assign(eventMetrics, {
    [name]: (some: readonly TestEvent[]) =>
      quantile(
        some
          .filter(isEnd)
          .flatMap(({ columns }) => (columns["duration_ms"] === undefined ? [] : [Number(columns["duration_ms"])])),
        level,
      ),
  });
for (const name of ["confidence", "coherence", "depth"])
  Object.assign(eventMetrics, {
    [name]: (some: readonly TestEvent[]) => {
      const scores = some.flatMap(({ type, columns }) =>
        type === "thinktool_completed" && columns[`${name}_score`] !== undefined
          ? [Number(columns[`${name}_score`])]
          : [],
      );
      return ratio(
        scores.reduce((a, b) => a + b, 0),
        scores.length,
      );
    },
  });

/** Metrics whose groups by this dimension are shares of all groups. */
const shares: Readonly<Record<string, string>> = { profile_distribution: "profile", error_rate: "error" };

/** Groups things by bucket and group, and computes each cell. */
function cellsOf<T>(
  things: readonly T[],
  { grain, starts }: Question,
  place: (thing: T) => { readonly day: string; readonly group: string },
  compute: (some: readonly T[], bucket: string, inBucket: readonly T[]) => number | null,
): Answer {
  const cells = new Map<string, number | null>();
  for (const start of starts) {
    const inBucket = things.filter((thing) => bucketOf(grain, place(thing).day) === start);
    for (const [group, some] of groupsOf(inBucket, (thing) => place(thing).group))
      cells.set(`${start} ${group}`, compute(some, start, inBucket));
  }
  return cells;
}

export function recountMetric(all: readonly TestEvent[], question: Question): Answer {
  const { metric, groupBy, filters, starts, grain, today } = question;
  const passes = (event: TestEvent) => filters.every(({ dimension, value }) => fieldOf(event, dimension) === value);
  const groupOf = (event: TestEvent) => (groupBy === null ? "" : fieldOf(event, groupBy));
  const compute = eventMetrics[metric];
  if (compute !== undefined)
    return cellsOf(
      all.filter(passes),
      question,
      (event) => ({ day: dayOf(event.tsMs), group: groupOf(event) }),
      (some, _, inBucket) => compute(some, shares[metric] === groupBy ? inBucket : some),
    );
  if (metric === "dau_mau")
    return cellsOf(
      all.filter(passes),
      question,
      (event) => ({ day: dayOf(event.tsMs), group: groupOf(event) }),
      (some, start) => {
        let days = 0;
        for (let day = start; day < nextBucket(grain, start) && day <= today; day = shift(day, 1)) days += 1;
        const userDays = unique(some.map(({ user, tsMs }) => `${user} ${dayOf(tsMs)}`));
        return ratio(userDays / days, usersIn(some));
      },
    );
  if (metric === "session_duration" || metric === "queries_per_session")
    return cellsOf(
      sessionsOf(all).filter(({ first }) => passes(first)),
      question,
      ({ day, first }) => ({ day, group: groupOf(first) }),
      (some) =>
        metric === "session_duration"
          ? quantile(
              some.map(({ durationMs }) => durationMs),
              0.5,
            )
          : ratio(
              some.reduce((sum, { commands }) => sum + commands, 0),
              some.length,
            ),
    );
  if (metric === "wau_rolling7" || metric === "mau_rolling30") {
    const days = metric === "wau_rolling7" ? 7 : 30;
    const cells = new Map<string, number | null>();
    for (const start of starts) {
      const inWindow = all.filter((event) => {
        const day = dayOf(event.tsMs);
        return passes(event) && day <= start && day > shift(start, -days);
      });
      for (const [group, some] of groupsOf(inWindow, groupOf)) cells.set(`${start} ${group}`, usersIn(some));
    }
    return cells;
  }
  const people = peopleOf(all);
  const personGroup = ({ first, install }: Person, dimension: string) =>
    dimension === "install_method"
      ? install === undefined
        ? ""
        : fieldOf(install, dimension)
      : fieldOf(first, dimension);
  const chosen = people.filter((one) => filters.every(({ dimension, value }) => personGroup(one, dimension) === value));
  const place = (one: Person) => ({ day: one.firstDay, group: groupBy === null ? "" : personGroup(one, groupBy) });
  if (metric === "new_users") return cellsOf(chosen, question, place, (some) => some.length);
  if (metric.startsWith("retention_d")) {
    const day = Number(metric.slice("retention_d".length));
    const eligible = chosen.filter(({ firstDay }) => shift(firstDay, day) < today);
    return cellsOf(eligible, question, place, (some) =>
      ratio(some.filter(({ firstDay, days }) => days.has(shift(firstDay, day))).length, some.length),
    );
  }
  if (metric !== "churn") throw new Error(`no recount of ${metric}`);
  const cells = new Map<string, number | null>();
  for (const start of starts) {
    if (shift(start, 30) > today) continue;
    const before = all.filter((event) => {
      const day = dayOf(event.tsMs);
      return passes(event) && day < start && day >= shift(start, -30);
    });
    const stayed = new Set(
      all.filter(({ tsMs }) => dayOf(tsMs) >= start && dayOf(tsMs) < shift(start, 30)).map(({ user }) => user),
    );
    for (const [group, some] of groupsOf(before, groupOf)) {
      const base = [...new Set(some.map(({ user }) => user))];
      cells.set(`${start} ${group}`, ratio(base.filter((user) => !stayed.has(user)).length, base.length));
    }
  }
  return cells;
}
