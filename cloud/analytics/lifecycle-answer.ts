/**
 * Answers who came, stayed, came back and went. Per bucket: new users (their first event), returning
 * ones (also active in the bucket before), resurrecting ones (active earlier, not in the bucket
 * before), and dormant ones (active in the bucket before, not in this one). New, returning and
 * resurrecting users are the active ones.
 */
import type { Context } from "./context.ts";
import { firstKeptDay, requireKept } from "./kept-days.ts";
import { addDays, bucketsOf, type Day, daysBetween, type Grain, isComplete, startOf, wholePeriod } from "./period.ts";
import type { LifecycleQuestion, StickinessQuestion } from "./question.ts";
import { bucketOf, conditionsOf, rowsOf } from "./relation.ts";
import { hideSmall, type Users } from "./suppression.ts";

export const lifecycleStates = ["new", "returning", "resurrecting", "dormant"] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

export interface LifecycleBucket {
  readonly start: Day;
  readonly complete: boolean;
  /** Users; `null`: hidden, or events of the bucket or the one before have expired. */
  readonly users: Readonly<Record<LifecycleState, number | null>>;
}

export interface LifecycleAnswer {
  readonly as_of: string;
  readonly grain: Grain;
  readonly buckets: readonly LifecycleBucket[];
  readonly suppressed: number;
}

export async function answerLifecycle(
  { warehouse, nowMs, minUsers }: Context,
  { from, to, grain, filters }: LifecycleQuestion,
): Promise<LifecycleAnswer> {
  const period = wholePeriod(grain, from, to);
  const starts = bucketsOf(grain, period);
  const { text, params } = conditionsOf("session_hours", filters);
  const bucket = bucketOf(grain, "toDate(hour)");
  const rows = await warehouse.query<{ start: string; state: LifecycleState; n_all: string; n_counted: string }>(
    `SELECT toString(start) AS start, state, count() AS n_all, countIf(counts = 1) AS n_counted
     FROM (
       SELECT counts, arrayJoin(
         arrayMap(b -> (b, multiIf(
           has(active, b) AND first = b, 'new', has(active, b) AND has(active, earlier(b)), 'returning',
           has(active, b), 'resurrecting', 'dormant')),
           arrayFilter(b -> has(active, b) OR has(active, earlier(b)), {starts:Array(Date)}))) AS pair,
         pair.1 AS start, pair.2 AS state
       FROM (
         SELECT anon_user_id, groupUniqArray(${bucket}) AS active, max(session_hours.established) AS counts
         FROM session_hours FINAL WHERE toDate(hour) < {end:Date} AND ${text} GROUP BY anon_user_id
       ) AS activity
       GLOBAL INNER JOIN (
         SELECT anon_user_id, ${bucketOf(grain, "toDate(first_seen)")} AS first FROM users FINAL
       ) AS people USING (anon_user_id)
     ) GROUP BY start, state`.replaceAll(
      "earlier(b)",
      grain === "month" ? "toStartOfMonth(b - 1)" : `(b - ${grain === "week" ? 7 : 1})`,
    ),
    { ...params, starts, end: period.end },
  );
  const usersOf = (start: Day, state: LifecycleState): Users => {
    const row = rows.find((one) => one.start === start && one.state === state);
    return { all: Number(row?.n_all ?? 0), counted: Number(row?.n_counted ?? 0) };
  };
  let suppressed = 0;
  const buckets = starts.map((start): LifecycleBucket => {
    const cells = lifecycleStates.map((state) => ({ users: usersOf(start, state), complements: [] }));
    const isKept = startOf(grain, addDays(start, -1)) >= firstKeptDay(nowMs);
    const hidden = hideSmall(cells, minUsers).cells;
    if (isKept) suppressed += hidden.filter(Boolean).length;
    const users = lifecycleStates.map((state, n) => {
      const isShown = isKept && hidden[n] !== true;
      return [state, isShown ? usersOf(start, state).all : null];
    });
    return { start, complete: isComplete(grain, start, nowMs), users: Object.fromEntries(users) };
  });
  return { as_of: new Date(nowMs).toISOString(), grain, buckets, suppressed };
}

export interface StickinessAnswer {
  readonly as_of: string;
  /** Days of the period. */
  readonly days: number;
  /** Users by the number of days on which they were active, from 1; `null`: hidden. */
  readonly users: readonly (number | null)[];
  readonly suppressed: number;
}

export async function answerStickiness(
  { warehouse, nowMs, minUsers }: Context,
  { from, to, filters }: StickinessQuestion,
): Promise<StickinessAnswer> {
  requireKept(from, nowMs);
  const period = wholePeriod("day", from, to);
  const days = daysBetween(period.from, period.end);
  const { text, params } = rowsOf("session_hours", period, filters);
  const rows = await warehouse.query<{ days: string; n_all: string; n_counted: string }>(
    `SELECT days, count() AS n_all, countIf(counts = 1) AS n_counted
     FROM (SELECT uniqExact(toDate(hour)) AS days, max(established) AS counts ${text} GROUP BY anon_user_id) GROUP BY days`,
    params,
  );
  const cells = Array.from({ length: days }, (_, n) => {
    const row = rows.find((one) => Number(one.days) === n + 1);
    return { users: { all: Number(row?.n_all ?? 0), counted: Number(row?.n_counted ?? 0) }, complements: [] };
  });
  const hidden = hideSmall(cells, minUsers).cells;
  return {
    as_of: new Date(nowMs).toISOString(),
    days,
    users: cells.map(({ users }, n) => (hidden[n] === true ? null : users.all)),
    suppressed: hidden.filter(Boolean).length,
  };
}
