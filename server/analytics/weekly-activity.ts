/** When in the week somebody works, and in what: runs and tool uses by hour of the week, and the focus of editors. */
import type { PeriodSelection, WeeklyActivity } from "../../shared/protocol/reports.ts";
import type { Connection } from "../store/driver/driver.ts";
import { startOfHour } from "../store/rollups/local-time.ts";
import { closedDayOf, type GrainRange, readRanges, splitByGrain } from "../store/rollups/reader.ts";
import { grains } from "../store/rollups/rollups.ts";
import { spanOf } from "./calendar.ts";
import { endedCondition } from "./classify.ts";
import { previousPeriod } from "./recorded-range.ts";

/** Hours are read one by one: of so many days at most. */
const maxDays = 62;
const maxLanguages = 10;

/** The first hour of 1970 was one of a Thursday. */
const thursday = 3 * 24;

export function emptyWeeklyActivity(selection: PeriodSelection, nowMs: number): WeeklyActivity {
  const { fromMs } = spanOf(selection, nowMs);
  const week = Array.from({ length: 7 * 24 }, () => 0);
  return {
    period: selection.period,
    fromMs,
    weekFromMs: fromMs,
    week,
    activeMs: null,
    activeMsBefore: null,
    languages: [],
  };
}

export function readWeeklyActivity(connection: Connection, selection: PeriodSelection, nowMs: number): WeeklyActivity {
  const span = spanOf(selection, nowMs);
  const fromHour = Math.max(span.fromHour, span.toHour - maxDays * 24);
  const worked = languagesIn(connection, splitByGrain(span.fromHour, span.toHour, closedDayOf(connection), span.grain));
  const earlier = previousPeriod(connection, span, nowMs);
  const before = earlier === undefined ? [] : languagesIn(connection, earlier.parts);
  return {
    ...emptyWeeklyActivity(selection, nowMs),
    weekFromMs: startOfHour(fromHour),
    week: weekOf(connection, { grain: grains.hour, from: fromHour, to: span.toHour }),
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

/** The longest first. */
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

/** `null` where nothing was recorded of it. */
function activeOf(languages: WeeklyActivity["languages"]): number | null {
  return languages.length === 0 ? null : languages.reduce((sum, { focusMs }) => sum + focusMs, 0);
}
