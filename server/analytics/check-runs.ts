/**
 * How tests, linters and compilers fail: the number of runs until one succeeds, and failures that
 * vanish although nothing happened in between. Reads single events, so only what retention kept.
 */

import { minuteMs } from "../../shared/schema/durations.ts";
import { commandClass } from "../../shared/vocabulary/command-classes.ts";
import type { Connection } from "../store/driver/driver.ts";
import { isCommands } from "./classify.ts";

/** Saved files are reported up to so much later. */
const reportMs = 10 * minuteMs;
/** The newest events that are read. */
const maxEvents = 100_000;

export interface CheckRuns {
  /** Runs of each red phase up to and including the first success. */
  readonly tries: readonly number[];
  /** Phases in which the next run, right after the failure, succeeded and nothing else had happened. */
  readonly unexplained: number;
}

/** Returns the checks of the period by command path. */
export function readCheckRuns(connection: Connection, fromMs: number, endMs: number): ReadonlyMap<string, CheckRuns> {
  const rows = connection
    .prepare(
      `SELECT s.id session, e.ts, d.event_type type, d.command_path path, d.status, d.outcome_of,
         coalesce(e.numbers ->> 'saves', 0) saves
       FROM events e JOIN dimensions d ON d.id = e.dimensions JOIN streams t ON t.id = e.stream
         JOIN sessions s ON s.id = t.session
       WHERE e.ts >= ? AND e.ts < ? AND (d.event_type <> 'agent_event' OR d.tool_phase = 'end')
       ORDER BY e.ts DESC LIMIT ${maxEvents}`,
    )
    .all(fromMs, endMs)
    .toReversed();
  // Without saved files in the data, a change between two runs cannot be excluded.
  const knowsEdits = rows.some(({ type }) => type === "editor_activity");
  const found = new Map<string, { tries: number[]; unexplained: number }>();
  /** Failed runs since the last success, by session and command. */
  const red = new Map<string, number>();
  /** The last thing that happened in each session. */
  const last = new Map<unknown, string>();
  /** Phases of each session that may be unexplained, if no saved files are reported soon. */
  const doubtful = new Map<unknown, { readonly path: string; readonly ts: number }[]>();
  for (const { session, ts, type, path, status, outcome_of: outcomeOf, saves } of rows) {
    if (type === "editor_activity") {
      // A report without saved files changes nothing.
      if (Number(saves) === 0) continue;
      const kept = doubtful.get(session)?.filter((phase) => phase.ts < Number(ts) - reportMs);
      if (kept !== undefined) doubtful.set(session, kept);
    }
    const isCheck =
      type === "agent_event" && typeof path === "string" && isCommands(outcomeOf) && commandClass(path) === "check";
    const happened = isCheck ? `${path} ${status}` : "something else";
    if (isCheck) {
      const key = `${session} ${path}`;
      const failures = red.get(key) ?? 0;
      if (status === "failed") red.set(key, failures + 1);
      else if (status === "ok" && failures > 0) {
        const of = found.get(path) ?? { tries: [], unexplained: 0 };
        of.tries.push(failures + 1);
        if (knowsEdits && last.get(session) === `${path} failed`) {
          doubtful.set(session, [...(doubtful.get(session) ?? []), { path, ts: Number(ts) }]);
        }
        found.set(path, of);
        red.delete(key);
      }
    }
    last.set(session, happened);
  }
  for (const { path } of [...doubtful.values()].flat()) {
    const of = found.get(path);
    if (of !== undefined) of.unexplained += 1;
  }
  return found;
}
