/** Answers how many users went through the steps of a funnel, and how long it took them. */
import { dayMs, hourMs } from "../../../shared/schema/durations.ts";
import type { Context } from "../context.ts";
import { requireKept } from "../kept-days.ts";
import { addDays } from "../period.ts";
import { quantile } from "../quantile.ts";
import type { FunnelQuestion, FunnelStep } from "../question.ts";
import { columnOf, conditionsOf, type Sql } from "../relation.ts";
import { type CellUsers, hideSmall, isSmall, type Users, without } from "../suppression.ts";
import { type Attempt, deepestAttempt, type FunnelEvent, type FunnelRule } from "./attempts.ts";
import { stepConditions } from "./funnel-steps.ts";

/** Raw events are kept so long. Days. */
const rawDays = 90;

export interface FunnelStepAnswer {
  readonly event: string;
  /** Users who reached the step; `null`: hidden. */
  readonly users: number | null;
  /** Shares of step 1 and of the step before, 0 to 1; `null`: hidden, or there are none. */
  readonly from_first: number | null;
  readonly from_previous: number | null;
  /** Median milliseconds since step 1 and since the step before, over the users who reached the step. */
  readonly median_ms: number | null;
  readonly median_from_previous_ms: number | null;
}

export interface FunnelGroup {
  /** The value of the event of step 1; empty: it has none. `null`: all users. */
  readonly group: string | null;
  readonly steps: readonly FunnelStepAnswer[];
}

export interface FunnelAnswer {
  readonly as_of: string;
  readonly groups: readonly FunnelGroup[];
  /** Users whose attempt may still go on: its window is not over. */
  readonly open: number | null;
  readonly suppressed: number;
}

interface UserAttempt extends Attempt {
  readonly isCounted: boolean;
}

const conditionOf = ({ event, filters }: FunnelStep, prefix: string): Sql => {
  const { text, params } = conditionsOf("events", filters, undefined, prefix);
  const type = Object.hasOwn(stepConditions, event)
    ? stepConditions[event as keyof typeof stepConditions]
    : `event_type = {${prefix}_type:String}`;
  return { text: `(${type} AND ${text})`, params: { ...params, [`${prefix}_type`]: event } };
};

export async function answerFunnel(context: Context, question: FunnelQuestion): Promise<FunnelAnswer> {
  const { nowMs, minUsers } = context;
  requireKept(question.from, nowMs);
  const rule = ruleOf(question);
  const attempts = await readAttempts(context, question, rule);
  const groups = question.group_by === undefined ? [] : [...new Set(attempts.map(({ group }) => group))].sort();
  const parts = groups.map((group) => attempts.filter((attempt) => attempt.group === group));
  const hidden = hiddenSteps(question.steps.length, attempts, parts, minUsers);
  const answers = [
    groupAnswer(question, null, attempts, hidden.total),
    ...groups.map((group, n) => groupAnswer(question, group, parts[n] ?? [], hidden.parts[n] ?? [])),
  ];
  const open = attempts.filter(
    ({ level, timesMs }) => level < question.steps.length && (timesMs[0] ?? 0) + rule.windowMs >= nowMs,
  );
  const isOpenHidden = isSmall(usersOf(open), minUsers);
  const suppressed = answers.flatMap(({ steps }) => steps).filter(({ users }) => users === null).length;
  return {
    as_of: new Date(nowMs).toISOString(),
    groups: answers,
    open: isOpenHidden ? null : open.length,
    suppressed: suppressed + (isOpenHidden ? 1 : 0),
  };
}

function ruleOf({ from, to, steps, window_hours, order, first_time }: FunnelQuestion): FunnelRule {
  return {
    steps: steps.length,
    windowMs: window_hours * hourMs,
    isStrict: order === "strict",
    isFirstTime: first_time,
    afterDays: steps.map(({ after_days }) => after_days),
    fromMs: Date.parse(`${from}T00:00:00Z`),
    endMs: Date.parse(`${to}T00:00:00Z`) + dayMs,
  };
}

/**
 * Reads each user's events from the first of step 1 on. Repetitions that no attempt can use are left
 * out by the engine: after the first event of a run, another one of the same later step changes
 * nothing, and in strict order the second ends the attempt like any further one.
 */
async function readAttempts(
  { warehouse }: Context,
  { from, to, steps, exclude, group_by, first_time, order, window_hours }: FunnelQuestion,
  rule: FunnelRule,
): Promise<readonly UserAttempt[]> {
  const conditions = steps.map((step, n) => conditionOf(step, `s${n}`));
  const excluded = exclude.map((step, n) => conditionOf(step, `x${n}`));
  const mask = conditions.map(({ text }, n) => `if(${text}, ${2 ** n}, 0)`).join(" + ");
  const isExcluded = excluded.length === 0 ? "0" : excluded.map(({ text }) => text).join(" OR ");
  const group = group_by === undefined ? "''" : `toString(${columnOf("events", group_by)})`;
  const relevant = order === "strict" ? "1" : "(mask > 0 OR ended)";
  // A run of one later step: one event of it is enough, two in strict order. An event of step 1, of several steps, or with its own
  // day's rule always counts.
  const hasDays = steps.some(({ after_days }) => after_days > 0);
  const run = order === "strict" ? "(e.3 = 0 ? 1 : 2)" : "1";
  const kept = `bitAnd(e.3, 1) = 1 OR bitCount(e.3) > 1 OR ${hasDays ? "1" : "0"} OR i <= ${run} OR arrayExists(k -> all[i - k].3 != e.3 OR all[i - k].4 != e.4, range(1, 1 + ${run}))`;
  const rows = await warehouse.query<{
    counts: number;
    events: readonly (readonly [string, number, number, string])[];
  }>(
    `SELECT max(counted) AS counts,
       arraySort(e -> (e.1, e.2), groupArray((ms, seq, toUInt16(mask), toUInt8(ended), entry))) AS all,
       arrayMap(e -> (toString(e.1), e.3, e.4, e.5), arrayFilter((e, i) -> ${kept}, all, arrayEnumerate(all))) AS events
     FROM (
       SELECT anon_user_id, toUnixTimestamp64Milli(ts) AS ms, seq, established AS counted, ${mask} AS mask,
         (${isExcluded}) AS ended, if(bitAnd(mask, 1) = 1, ${group}, '') AS entry
       FROM events FINAL
       WHERE ts >= toDateTime64({begin:Date}, 3, 'UTC') AND ts <= toDateTime64({end:Date}, 3, 'UTC') + INTERVAL {window:UInt32} SECOND
     )
     WHERE ${relevant}
     GROUP BY anon_user_id
     HAVING countIf(bitAnd(mask, 1) = 1) > 0`,
    {
      ...Object.assign({}, ...[...conditions, ...excluded].map(({ params }) => params)),
      // Whether an event of step 1 is the first one is known as far back as events are kept.
      begin: first_time ? addDays(from, -rawDays) : from,
      end: addDays(to, 1),
      window: Math.ceil(window_hours * 3_600),
    },
  );
  return rows.flatMap(({ counts, events }) => {
    const parsed = events.map(
      ([tsMs, own, ended, value]): FunnelEvent => ({
        tsMs: Number(tsMs),
        steps: own,
        isExcluded: ended === 1,
        group: value,
      }),
    );
    const attempt = deepestAttempt(parsed, rule);
    return attempt === undefined ? [] : [{ ...attempt, isCounted: Number(counts) === 1 }];
  });
}

const usersOf = (attempts: readonly UserAttempt[]): Users => ({
  all: attempts.length,
  counted: attempts.filter(({ isCounted }) => isCounted).length,
});

const reachedIn = (attempts: readonly UserAttempt[], n: number): readonly UserAttempt[] =>
  attempts.filter(({ level }) => level > n);

/**
 * Decides which steps are hidden: of the total, and of each part of it. A step hides what follows it,
 * which would reveal it.
 */
function hiddenSteps(
  steps: number,
  attempts: readonly UserAttempt[],
  parts: readonly (readonly UserAttempt[])[],
  minUsers: number,
): { readonly total: readonly boolean[]; readonly parts: readonly (readonly boolean[])[] } {
  const cellOf = (some: readonly UserAttempt[], n: number): CellUsers => {
    const left = usersOf((n === 0 ? [] : reachedIn(some, n - 1)).filter(({ level }) => level <= n));
    const others = without(usersOf(reachedIn(attempts, n)), usersOf(reachedIn(some, n)));
    return { users: usersOf(reachedIn(some, n)), complements: [left, others] };
  };
  const columns = Array.from({ length: steps }, (_, n) => {
    const hidden = hideSmall(
      parts.map((part) => cellOf(part, n)),
      minUsers,
    );
    return { ...hidden, total: hidden.total || hideSmall([cellOf(attempts, n)], minUsers).cells[0] === true };
  });
  const upTo = (n: number) => columns.slice(0, n + 1);
  return {
    total: columns.map((_, n) => upTo(n).some(({ total }) => total)),
    parts: parts.map((_part, at) => columns.map((_, n) => upTo(n).some(({ cells }) => cells[at] === true))),
  };
}

function groupAnswer(
  { steps }: FunnelQuestion,
  group: string | null,
  attempts: readonly UserAttempt[],
  hidden: readonly boolean[],
): FunnelGroup {
  const reached = steps.map((_, n) => reachedIn(attempts, n));
  return {
    group,
    steps: steps.map(({ event }, n): FunnelStepAnswer => {
      const own = reached[n] ?? [];
      if (hidden[n] === true)
        return {
          event,
          users: null,
          from_first: null,
          from_previous: null,
          median_ms: null,
          median_from_previous_ms: null,
        };
      const share = (of: number | undefined) => (of === undefined || of === 0 ? null : own.length / of);
      const sinceMs = (step: number) => own.map(({ timesMs }) => (timesMs[n] ?? 0) - (timesMs[step] ?? 0));
      return {
        event,
        users: own.length,
        from_first: share(reached[0]?.length),
        from_previous: n === 0 ? null : share(reached[n - 1]?.length),
        median_ms: n === 0 ? null : quantile(sinceMs(0), 0.5),
        median_from_previous_ms: n === 0 ? null : quantile(sinceMs(n - 1), 0.5),
      };
    }),
  };
}
