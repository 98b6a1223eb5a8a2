/** When in the week somebody works, and in what: runs and tool uses by hour of the week, and the focus of editors. */
import type { Rhythm, Selection } from "../../shared/protocol/reports.ts";
import type { Connection } from "../store/driver/driver.ts";
import { startOfHour } from "../store/rollups/local-time.ts";
import { closedDayOf, readSegments, type Segment, segments } from "../store/rollups/reader.ts";
import { grains } from "../store/rollups/rollups.ts";
import { spanOf } from "./calendar.ts";
import { endedCondition } from "./classify.ts";
import { earlierOf } from "./recorded-range.ts";

/** Hours are read one by one: of so many days at most. */
const mostDays = 62;
const mostLanguages = 10;

/** The first hour of 1970 was one of a Thursday. */
const thursday = 3 * 24;

export function noRhythm(selection: Selection, nowMs: number): Rhythm {
  const { fromMs } = spanOf(selection, nowMs);
  const week = Array.from({ length: 7 * 24 }, () => 0);
  return {
    ...{ period: selection.period, fromMs, weekFromMs: fromMs, week },
    ...{ activeMs: null, activeMsBefore: null, languages: [] },
  };
}

export function readRhythm(connection: Connection, selection: Selection, nowMs: number): Rhythm {
  const span = spanOf(selection, nowMs);
  const fromHour = Math.max(span.fromHour, span.toHour - mostDays * 24);
  const worked = languagesIn(connection, segments(span.fromHour, span.toHour, closedDayOf(connection), span.grain));
  const earlier = earlierOf(connection, span, nowMs);
  const before = earlier === undefined ? [] : languagesIn(connection, earlier.parts);
  return {
    ...noRhythm(selection, nowMs),
    weekFromMs: startOfHour(fromHour),
    week: weekOf(connection, { grain: grains.hour, from: fromHour, to: span.toHour }),
    activeMs: activeOf(worked),
    activeMsBefore: activeOf(before),
    languages: worked.slice(0, mostLanguages),
  };
}

function weekOf(connection: Connection, hours: Segment): Rhythm["week"] {
  const rows = readSegments(
    connection,
    [hours],
    (from) =>
      `SELECT (m.bucket + ${thursday}) % 168 hour, total(m.count) count
       FROM ${from} m JOIN words w ON w.id = m.words WHERE ${endedCondition} GROUP BY 1`,
  );
  const counts = new Map(rows.map(({ hour, count }) => [Number(hour), Number(count)]));
  return Array.from({ length: 7 * 24 }, (_, hour) => counts.get(hour) ?? 0);
}

/** The longest first. */
function languagesIn(connection: Connection, parts: readonly Segment[]): Rhythm["languages"] {
  const rows = readSegments(
    connection,
    parts,
    (from) =>
      `SELECT w.language name, total(m.numbers -> 'focus_ms' ->> 1) focus, total(m.numbers -> 'saves' ->> 1) saves
       FROM ${from} m JOIN words w ON w.id = m.words
       WHERE w.event_type = 'editor_activity' GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  return rows.map(({ name, focus, saves }) => ({
    ...{ name: String(name), focusMs: Math.round(Number(focus)), saves: Math.round(Number(saves)) },
  }));
}

/** `null` where nothing was recorded of it. */
function activeOf(languages: Rhythm["languages"]): number | null {
  return languages.length === 0 ? null : languages.reduce((sum, { focusMs }) => sum + focusMs, 0);
}
