/** Activity by weekday and hour: command runs and tool calls, and the focus time per programming language. */
import type { WeeklyActivity } from "../../shared/protocol/reports.ts";
import type { Connection } from "../store/driver/driver.ts";
import { startOfHour } from "../store/rollups/local-time.ts";
import { type GrainRange, readRanges } from "../store/rollups/reader.ts";
import { grains } from "../store/rollups/rollups.ts";
import { endedCondition } from "./classify.ts";
import type { OpenPeriodQuery, PeriodQuery } from "./period-query.ts";

/** Days of the heatmap; it reads hours one by one. */
const maxDays = 62;
const maxLanguages = 10;

/** 1970 started on a Thursday. Hours. */
const thursday = 3 * 24;

export function emptyWeeklyActivity({ period, fromMs }: PeriodQuery): WeeklyActivity {
  const week = Array.from({ length: 7 * 24 }, () => 0);
  return {
    period,
    fromMs,
    weekFromMs: fromMs,
    week,
    activeMs: null,
    activeMsBefore: null,
    languages: [],
  };
}

export function readWeeklyActivity({ query, connection, ranges, previous }: OpenPeriodQuery): WeeklyActivity {
  const { fromHour: spanStart, toHour } = query.span;
  const fromHour = Math.max(spanStart, toHour - maxDays * 24);
  const worked = languagesIn(connection, ranges);
  const before = previous === undefined ? [] : languagesIn(connection, previous.ranges);
  return {
    ...emptyWeeklyActivity(query),
    weekFromMs: startOfHour(fromHour),
    week: weekOf(connection, { grain: grains.hour, from: fromHour, to: toHour }),
    activeMs: activeOf(worked),
    activeMsBefore: activeOf(before),
    languages: worked.slice(0, maxLanguages),
  };
}

function weekOf(connection: Connection, hours: GrainRange): WeeklyActivity["week"] {
  const rows = readRanges(
    connection,
    [hours],
    (from) =>
      `SELECT (m.bucket + ${thursday}) % 168 hour, total(m.count) count
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition} GROUP BY 1`,
  );
  const counts = new Map(rows.map(({ hour, count }) => [Number(hour), Number(count)]));
  return Array.from({ length: 7 * 24 }, (_, hour) => counts.get(hour) ?? 0);
}

/** Longest focus time first. */
function languagesIn(connection: Connection, parts: readonly GrainRange[]): WeeklyActivity["languages"] {
  const rows = readRanges(
    connection,
    parts,
    (from) =>
      `SELECT d.language name, total(m.numbers -> 'focus_ms' ->> 1) focus, total(m.numbers -> 'saves' ->> 1) saves
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions
       WHERE d.event_type = 'editor_activity' GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  return rows.map(({ name, focus, saves }) => ({
    name: String(name),
    focusMs: Math.round(Number(focus)),
    saves: Math.round(Number(saves)),
  }));
}

/** `null` without editor activity. */
function activeOf(languages: WeeklyActivity["languages"]): number | null {
  return languages.length === 0 ? null : languages.reduce((sum, { focusMs }) => sum + focusMs, 0);
}
