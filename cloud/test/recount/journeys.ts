/**
 * Funnels, retention, paths, lifecycle and active days once more, from their definitions: plain
 * TypeScript over a list of events, without SQL and without the code that it checks.
 */
import type { TestEvent } from "./events.ts";
import { bucketOf, dayOf, fieldOf, isCommand, nextBucket, outcomeOf, peopleOf, shift } from "./metrics.ts";

export interface Step {
  readonly event: string;
  readonly filters?: readonly { readonly dimension: string; readonly value: string }[];
  readonly after_days?: number;
}

export interface Funnel {
  readonly from: string;
  readonly to: string;
  readonly steps: readonly Step[];
  readonly window_hours: number;
  readonly order?: "ordered" | "strict";
  readonly exclude?: readonly Step[];
  readonly first_time?: boolean;
  readonly group_by?: string;
}

const aliases: Readonly<Record<string, (event: TestEvent) => boolean>> = {
  any_event: () => true,
  command: isCommand,
  command_success: (event) => isCommand(event) && outcomeOf(event) === "ok",
  other_profile: (event) => isCommand(event) && !["", "balanced"].includes(fieldOf(event, "profile")),
};

const isStep = (event: TestEvent, { event: name, filters = [] }: Step): boolean =>
  (aliases[name]?.(event) ?? event.type === name) &&
  filters.every(({ dimension, value }) => fieldOf(event, dimension) === value);

/** All ways to take the steps from an entry: returns the deepest level of any. */
function levelFrom(events: readonly TestEvent[], entry: number, funnel: Funnel): number {
  const first = events[entry] as TestEvent;
  const follow = (at: number, level: number): number => {
    if (level === funnel.steps.length) return level;
    let deepest = level;
    const last = funnel.order === "strict" ? Math.min(at + 1, events.length - 1) : events.length - 1;
    for (let next = at + 1; next <= last; next += 1) {
      const event = events[next] as TestEvent;
      if (event.tsMs - first.tsMs > funnel.window_hours * 3_600_000) break;
      if (funnel.exclude?.some((step) => isStep(event, step)) === true) break;
      const step = funnel.steps[level] as Step;
      const days = (Date.parse(dayOf(event.tsMs)) - Date.parse(dayOf(first.tsMs))) / 86_400_000;
      if (isStep(event, step) && days >= (step.after_days ?? 0)) deepest = Math.max(deepest, follow(next, level + 1));
    }
    return deepest;
  };
  return follow(entry, 1);
}

/** Users who reached each step, by the value that the entry of the earliest deepest attempt has. */
export function recountFunnel(all: readonly TestEvent[], funnel: Funnel): Readonly<Record<string, readonly number[]>> {
  const counts: Record<string, number[]> = {};
  const add = (group: string, level: number) => {
    counts[group] ??= funnel.steps.map(() => 0);
    for (let n = 0; n < level; n += 1) counts[group][n] = (counts[group][n] ?? 0) + 1;
  };
  for (const { user } of peopleOf(all)) {
    const events = all.filter((event) => event.user === user).sort((a, b) => a.tsMs - b.tsMs || a.seq - b.seq);
    const entries = events.flatMap((event, n) => (isStep(event, funnel.steps[0] as Step) ? [n] : []));
    const chosen = (funnel.first_time === true ? entries.slice(0, 1) : entries).filter((n) => {
      const day = dayOf((events[n] as TestEvent).tsMs);
      return day >= funnel.from && day <= funnel.to;
    });
    const levels = chosen.map((n) => levelFrom(events, n, funnel));
    const deepest = Math.max(0, ...levels);
    if (deepest === 0) continue;
    add("total", deepest);
    const entry = events[chosen[levels.indexOf(deepest)] as number] as TestEvent;
    if (funnel.group_by !== undefined) add(`=${fieldOf(entry, funnel.group_by)}`, deepest);
  }
  return counts;
}

/** Users of a cohort by offset; the cohort is who was first seen, or installed, in the bucket. */
export function recountRetention(
  all: readonly TestEvent[],
  { grain, offsets, type, cohort }: { grain: string; offsets: number; type: string; cohort: string },
  starts: readonly string[],
): readonly { readonly size: number; readonly users: readonly number[] }[] {
  const people = peopleOf(all).flatMap((one) => {
    const began =
      cohort === "install" ? (one.install === undefined ? undefined : dayOf(one.install.tsMs)) : one.firstDay;
    return began === undefined ? [] : [{ began, days: [...one.days].filter((day) => day >= began) }];
  });
  return starts.map((start) => {
    const own = people.filter(({ began }) => bucketOf(grain, began) === start);
    const users: number[] = [];
    let bucket = start;
    for (let offset = 0; offset <= offsets; offset += 1) {
      const isBack = (days: readonly string[]) =>
        days.some((day) => (type === "bounded" ? bucketOf(grain, day) === bucket : bucketOf(grain, day) >= bucket));
      users.push(own.filter(({ days }) => isBack(days)).length);
      bucket = nextBucket(grain, bucket);
    }
    return { size: own.length, users };
  });
}

/** How often a step follows another in a session; "" begins or ends it. */
export function recountPaths(
  all: readonly TestEvent[],
  { from, to, of }: { from: string; to: string; of: string },
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const sessions = new Map<string, TestEvent[]>();
  for (const event of all) {
    const day = dayOf(event.tsMs);
    const isUsed =
      of === "feature"
        ? fieldOf(event, "feature") !== ""
        : fieldOf(event, "command") !== "" && (event.type !== "agent_event" || event.columns["tool_phase"] === "end");
    if (day < from || day > to || !isUsed) continue;
    const key = `${event.user} ${event.session}`;
    sessions.set(key, [...(sessions.get(key) ?? []), event]);
  }
  for (const own of sessions.values()) {
    own.sort((a, b) => a.tsMs - b.tsMs || a.seq - b.seq);
    let before = "";
    for (const event of own) {
      const name = fieldOf(event, of);
      if (name === before) continue;
      counts[`${before}>${name}`] = (counts[`${before}>${name}`] ?? 0) + 1;
      before = name;
    }
    counts[`${before}>`] = (counts[`${before}>`] ?? 0) + 1;
  }
  return counts;
}

export function recountLifecycle(
  all: readonly TestEvent[],
  grain: string,
  starts: readonly string[],
): readonly Readonly<Record<string, number>>[] {
  const people = peopleOf(all).map(({ firstDay, days }) => ({
    first: bucketOf(grain, firstDay),
    active: new Set([...days].map((day) => bucketOf(grain, day))),
  }));
  return starts.map((start) => {
    const before = bucketOf(grain, shift(start, -1));
    const count = (test: (one: (typeof people)[number]) => boolean) => people.filter(test).length;
    return {
      new: count(({ first }) => first === start),
      returning: count(({ active }) => active.has(start) && active.has(before)),
      resurrecting: count(({ first, active }) => active.has(start) && !active.has(before) && first !== start),
      dormant: count(({ active }) => !active.has(start) && active.has(before)),
    };
  });
}

/** Users by the number of days of the period on which they were active. */
export function recountStickiness(all: readonly TestEvent[], from: string, to: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { days } of peopleOf(all)) {
    const n = [...days].filter((day) => day >= from && day <= to).length;
    if (n > 0) counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  return counts;
}
