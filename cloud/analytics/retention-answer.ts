/**
 * Answers how many users of each cohort came back (analytics design 7.3). Offsets are whole calendar
 * buckets: week 1 is the Monday week after the week of the cohort. The period chooses cohorts, not
 * return events.
 */
import { dayOf } from "../hours.ts";
import type { Context } from "./context.ts";
import { firstKeptDay } from "./kept-days.ts";
import { bucketsOf, type Day, type Grain, nextOf, wholePeriod } from "./period.ts";
import type { RetentionQuestion } from "./question.ts";
import { bucketOf, rowsOf } from "./relation.ts";
import { isSmall, noUsers, type Users, usersIn, without } from "./suppression.ts";

export interface RetentionCell {
  /** `null`: hidden, or the bucket is not over. */
  readonly users: number | null;
  /** Share of the cohort, 0 to 1; `null` also for an empty cohort. */
  readonly rate: number | null;
  readonly hidden: boolean;
}

export interface Cohort {
  /** First day of the bucket in which its users began. */
  readonly start: Day;
  /** `null`: hidden, or the bucket began before the first kept day. */
  readonly size: number | null;
  /** By offset from 0. */
  readonly cells: readonly RetentionCell[];
}

export interface RetentionAnswer {
  readonly as_of: string;
  readonly grain: Grain;
  readonly cohorts: readonly Cohort[];
  /** Over all cohorts that reached the offset, weighted by their size. */
  readonly overall: readonly RetentionCell[];
  readonly suppressed: number;
}

/** Users by cohort and offset. */
type Counts = ReadonlyMap<string, Users>;

export async function answerRetention(context: Context, question: RetentionQuestion): Promise<RetentionAnswer> {
  const { nowMs, minUsers } = context;
  const { grain, offsets } = question;
  const starts = bucketsOf(grain, wholePeriod(grain, question.from, question.to));
  const counts = await readCounts(context, question);
  const today = dayOf(nowMs);
  // Of an older cohort, those who left are forgotten.
  const first = firstKeptDay(nowMs);
  const reached = starts.map((start) => (start < first ? -1 : offsetsReached(grain, start, today, offsets)));
  const usersAt = (n: number, offset: number): Users => counts.get(`${starts[n]} ${offset}`) ?? noUsers;
  const sizeOf = (n: number): Users => counts.get(`${starts[n]} size`) ?? noUsers;
  const cellOf = (some: readonly number[], offset: number): RetentionCell => {
    const size = sum(some.map(sizeOf));
    const users = sum(some.map((n) => usersAt(n, offset)));
    if (some.length === 0) return { users: null, rate: null, hidden: false };
    const hidden = [size, users, without(size, users)].some((part) => isSmall(part, minUsers));
    if (hidden) return { users: null, rate: null, hidden };
    return { users: users.all, rate: size.all === 0 ? null : users.all / size.all, hidden };
  };
  const cohorts = starts.map((start, n): Cohort => {
    const isUnknown = start < first || isSmall(sizeOf(n), minUsers);
    const columns = Array.from({ length: offsets + 1 }, (_, offset) => (offset <= (reached[n] ?? -1) ? [n] : []));
    return {
      start,
      size: isUnknown ? null : sizeOf(n).all,
      cells: columns.map((some, offset) => cellOf(some, offset)),
    };
  });
  const overall = Array.from({ length: offsets + 1 }, (_, offset): RetentionCell => {
    const some = starts.flatMap((_start, n) => (offset <= (reached[n] ?? -1) ? [n] : []));
    // What the cohorts hide could be computed from their sum.
    const hidden = some.filter((n) => cohorts[n]?.cells[offset]?.hidden === true);
    const users = sum(hidden.map((n) => usersAt(n, offset)));
    const rest = without(sum(hidden.map(sizeOf)), users);
    const isExposed = hidden.length === 1 || [users, rest].some((part) => isSmall(part, minUsers));
    return hidden.length > 0 && isExposed ? { users: null, rate: null, hidden: true } : cellOf(some, offset);
  });
  const cells = [...cohorts.flatMap((cohort) => cohort.cells), ...overall];
  return {
    as_of: new Date(nowMs).toISOString(),
    grain,
    cohorts,
    overall,
    suppressed: cells.filter(({ hidden }) => hidden).length,
  };
}

/** Returns the last offset whose bucket is over; -1 if the cohort's own bucket is not. */
function offsetsReached(grain: Grain, start: Day, today: Day, offsets: number): number {
  let reached = -1;
  for (let end = nextOf(grain, start); end <= today && reached < offsets; end = nextOf(grain, end)) reached += 1;
  return reached;
}

const sum = (parts: readonly Users[]): Users =>
  parts.reduce((a, b) => ({ all: a.all + b.all, counted: a.counted + b.counted }), noUsers);

async function readCounts(
  { warehouse }: Context,
  { grain, from, to, cohort, offsets, type, filters }: RetentionQuestion,
): Promise<Counts> {
  const period = wholePeriod(grain, from, to);
  const began = cohort === "install" ? "assumeNotNull(installed_at)" : "first_seen";
  const rows = rowsOf("users", period, filters);
  const users = rows.text
    .replaceAll("toDate(first_seen)", `toDate(${began})`)
    .concat(cohort === "install" ? " AND installed_at IS NOT NULL" : "");
  // Bounded: each offset once; rolling: each offset up to the last active one.
  const offset = type === "bounded" ? "arrayJoin(active)" : "arrayJoin(range(toUInt32(arrayMax(active)) + 1))";
  const found = await warehouse.query<{ start: string; offset: number; n_all: string; n_counted: string }>(
    `SELECT toString(cohort) AS start, toInt32(${offset}) AS offset, count() AS n_all, countIf(established = 1) AS n_counted
     FROM (
       SELECT anon_user_id, cohort, established,
         groupUniqArray(toInt32(dateDiff('${grain}', cohort, ${bucketOf(grain, "active.day")}))) AS active
       FROM (
         SELECT anon_user_id, established, ${bucketOf(grain, `toDate(${began})`)} AS cohort ${users}
       ) AS people
       GLOBAL INNER JOIN (SELECT DISTINCT anon_user_id, toDate(hour) AS day FROM session_hours FINAL) AS active USING (anon_user_id)
       GROUP BY anon_user_id, cohort, established
     )
     WHERE offset <= {offsets:Int32} GROUP BY start, offset`,
    { ...rows.params, offsets },
  );
  const sizes = await warehouse.query<{ start: string; n_all: string; n_counted: string }>(
    `SELECT toString(${bucketOf(grain, `toDate(${began})`)}) AS start, count() AS n_all, countIf(established = 1) AS n_counted
     ${users} GROUP BY start`,
    rows.params,
  );
  return new Map([
    ...found.map((row) => [`${row.start} ${row.offset}`, usersIn(row)] as const),
    ...sizes.map((row) => [`${row.start} size`, usersIn(row)] as const),
  ]);
}
