/**
 * Answers what users do after what: transitions between commands, or features, within one session.
 * Repetitions are collapsed before anything is counted; a session's last step has an exit, so that
 * the shares of what follows a step add up to 1.
 */
import type { Context } from "./context.ts";
import { requireKept } from "./kept-days.ts";
import { wholePeriod } from "./period.ts";
import type { PathsQuestion } from "./question.ts";
import { rowsOf } from "./relation.ts";
import { type CountedUsers, isSmall, usersIn } from "./suppression.ts";

export interface Transition {
  /** `null`: the session began. */
  readonly from: string | null;
  /** `null`: the session ended. */
  readonly to: string | null;
  readonly count: number;
  /** Share of what follows `from`, 0 to 1. */
  readonly share: number;
}

export interface PathsAnswer {
  readonly as_of: string;
  /** The most frequent ones. */
  readonly transitions: readonly Transition[];
  /** Sessions with at least one step. */
  readonly sessions: number | null;
  /** Transitions of few users, which are left out. */
  readonly suppressed: number;
  /** Transitions beyond the top. */
  readonly others: number;
}

const steps = {
  command: {
    column: "command_path",
    where: "command_path != '' AND (event_type != 'agent_event' OR tool_phase = 'end')",
  },
  feature: { column: "feature", where: "feature != ''" },
} as const;

interface Found extends CountedUsers {
  readonly before: string;
  readonly after: string;
  readonly n: string;
}

export async function answerPaths(
  { warehouse, nowMs, minUsers }: Context,
  question: PathsQuestion,
): Promise<PathsAnswer> {
  requireKept(question.from, nowMs);
  const { column, where } = steps[question.of];
  const rows = rowsOf("events", wholePeriod("day", question.from, question.to), question.filters, { where });
  const found = await warehouse.query<Found>(
    `SELECT pair.1 AS before, pair.2 AS after, count() AS n,
       uniqExact(anon_user_id) AS n_all, uniqExactIf(anon_user_id, counted = 1) AS n_counted
     FROM (
       SELECT anon_user_id, max(established) AS counted,
         arrayMap(e -> e.3, arraySort(e -> (e.1, e.2), groupArray((ts, seq, toString(${column}))))) AS all,
         arrayCompact(all) AS names,
         arrayJoin(arrayZip(arrayPushFront(names, ''), arrayPushBack(names, ''))) AS pair
       ${rows.text} GROUP BY anon_user_id, anon_session_id
     ) GROUP BY before, after`,
    rows.params,
  );
  const shown = found.filter((row) => !isSmall(usersIn(row), minUsers));
  const totals = new Map<string, number>();
  for (const { before, n } of shown) totals.set(before, (totals.get(before) ?? 0) + Number(n));
  const suppressed = found.length - shown.length;
  const sorted = shown
    .map(({ before, after, n }) => ({
      from: before === "" ? null : before,
      to: after === "" ? null : after,
      count: Number(n),
      share: Number(n) / (totals.get(before) ?? 1),
    }))
    .toSorted((a, b) => b.count - a.count || compare(a.from, b.from) || compare(a.to, b.to));
  const entries = found.filter(({ before }) => before === "");
  return {
    as_of: new Date(nowMs).toISOString(),
    transitions: sorted.slice(0, question.top),
    // With a hidden entry, the number of sessions would reveal how many it has.
    sessions: entries.every((row) => !isSmall(usersIn(row), minUsers))
      ? entries.reduce((sum, { n }) => sum + Number(n), 0)
      : null,
    suppressed,
    others: Math.max(0, sorted.length - question.top),
  };
}

const compare = (a: string | null, b: string | null): number =>
  (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;
