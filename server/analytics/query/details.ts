/** Single runs of a query, and how long all of them took. */
import type { Details, EndedRun, Query, Tries } from "../../../shared/protocol/query.ts";
import { hourMs, minuteMs, multiples, secondMs, subsecondSteps } from "../../../shared/schema/durations.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { Sketch } from "../../store/rollups/sketch.ts";
import { readCheckRuns } from "../check-runs.ts";
import { endedCondition } from "../classify.ts";
import { PriceList } from "../price-list.ts";
import type { DayCache } from "./day-cache.ts";
import { type Dimensions, readDimensions } from "./dimensions.ts";
import { FiguresReader } from "./figures-reader.ts";
import { eventName } from "./sessions.ts";
import { type Stretch, stretchOf } from "./stretch.ts";
import { weekhourCondition } from "./weekhours.ts";

/** Bounds of durations in milliseconds, on a scale of 1, 2, 5 and of minutes. */
const bounds: readonly number[] = [
  subsecondSteps,
  multiples(secondMs, [1, 2, 5, 10, 30]),
  multiples(minuteMs, [1, 2, 5, 10, 30]),
  multiples(hourMs, [1, 4, 24]),
].flat();

/** The runs of a drawer. */
const maxRuns = 50;
/** Events of a log may be stored in another order than they happened; the newest are among so many. */
const maxUnordered = 2_000;

/** @throws SelectionError */
export function readDetails(
  connection: Connection,
  { period, filters = {} }: Pick<Query, "period" | "filters">,
  nowMs: number,
  cache?: DayCache,
): Details {
  const stretch = stretchOf(period, nowMs);
  const sketch = new Sketch();
  const reader = new FiguresReader(connection, undefined, filters, new PriceList(), new Set(), cache);
  reader.each(stretch, (row, { kind, hasOutcome, isElapsed }) => {
    const text = row["duration_sketch"];
    if ((kind === "run" || kind === "call") && hasOutcome && !isElapsed && typeof text === "string")
      sketch.addText(text);
  });
  const dimensions = [...readDimensions(connection, filters, endedCondition)];
  const isLive = ([, { row }]: readonly [number, Dimensions]) => row["origin"] === 0;
  const isWanted = weekhourCondition(filters);
  const live = lastRuns(connection, stretch, dimensions.filter(isLive), isWanted, "e.id", maxUnordered);
  // What was imported is in no order.
  const imported = lastRuns(
    connection,
    stretch,
    dimensions.filter((one) => !isLive(one)),
    isWanted,
    "e.ts",
    maxRuns,
  );
  const classes = new Set(
    dimensions.flatMap(([, { row }]) => {
      const path = row["command_path"];
      return typeof path === "string" ? [commandClass(path)] : [];
    }),
  );
  const [only = null] = classes;
  return {
    class: classes.size === 1 ? only : null,
    durations: barsOf(sketch.histogram(bounds)),
    last: [...live, ...imported].sort((a, b) => b.tsMs - a.tsMs).slice(0, maxRuns),
  };
}

/** Leaves out the empty bars at both ends. */
function barsOf(counts: readonly number[]): Details["durations"] {
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first === -1) return [];
  return counts
    .map((count, at) => ({ fromMs: bounds[at - 1] ?? 0, toMs: bounds[at] ?? null, count }))
    .slice(first, last + 1);
}

/** Returns the first row of the sessions that were open in a stretch, or 0 if these are most of them: finding it would take longer. */
function firstRow(connection: Connection, { fromMs, endMs }: Stretch): number {
  const isOpen = "s.ended_at >= ? AND s.started_at < ?";
  const row = connection.prepare(`SELECT count(*) n, total(${isOpen}) open FROM sessions s`).get(fromMs, endMs);
  if (Number(row?.["open"]) * 2 > Number(row?.["n"])) return 0;
  const first = connection
    .prepare(
      `SELECT min((SELECT min(+e.id) FROM events e WHERE e.stream = t.id)) first
       FROM sessions s JOIN streams t ON t.session = s.id WHERE ${isOpen}`,
    )
    .get(fromMs, endMs)?.["first"];
  return Number(first ?? 0);
}

function lastRuns(
  connection: Connection,
  stretch: Stretch,
  dimensions: readonly (readonly [number, Dimensions])[],
  isWanted: string,
  order: "e.id" | "e.ts",
  limit: number,
): readonly EndedRun[] {
  if (dimensions.length === 0) return [];
  const of = new Map(dimensions);
  const first = firstRow(connection, stretch);
  return connection
    .prepare(
      `SELECT e.ts, e.duration_ms, e.dimensions, s.session_id FROM events e JOIN streams t ON t.id = e.stream
         JOIN sessions s ON s.id = t.session
       WHERE e.dimensions IN (SELECT value FROM json_each(?)) AND e.id >= ? AND e.ts >= ? AND e.ts < ? AND ${isWanted} ORDER BY ${order} DESC LIMIT ?`,
    )
    .all(JSON.stringify([...of.keys()]), first, stretch.fromMs, stretch.endMs, limit)
    .map((row) => {
      const { row: columns = {} } = of.get(Number(row["dimensions"])) ?? {};
      const text = (name: string) => (columns[name] === null ? null : String(columns[name]));
      return {
        tsMs: Number(row["ts"]),
        source: String(columns["source"]),
        name: eventName(columns),
        outcome: text("status"),
        durationMs: row["duration_ms"] === null ? null : Number(row["duration_ms"]),
        session: String(row["session_id"]),
        exitClass: text("exit_class"),
        error: text("error_category"),
        workspace: text("workspace_hash"),
      };
    });
}

/** The most tries that have a bar of their own. */
const maxTries = 5;

/** Returns how often a check ran until it succeeded; `undefined` for a command that is no check. @throws SelectionError */
export function readTries(
  connection: Connection,
  period: Query["period"],
  command: string,
  nowMs: number,
): Tries | undefined {
  if (commandClass(command) !== "check") return undefined;
  const { fromMs, endMs } = stretchOf(period, nowMs);
  const tries = [...(readCheckRuns(connection, fromMs, endMs).get(command)?.tries ?? [])].sort((a, b) => a - b);
  const byTries = [0, 0, 0, 0];
  for (const count of tries) {
    const at = Math.min(count, maxTries) - 2;
    byTries[at] = (byTries[at] ?? 0) + 1;
  }
  return { phases: tries.length, medianTries: tries[Math.floor((tries.length - 1) / 2)] ?? null, byTries };
}
