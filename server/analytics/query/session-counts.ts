/** How many sessions were open in a period, by time or source. */
import { type Filters, filterValues, type Grouping } from "../../../shared/protocol/query.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { localHourOf } from "../../store/rollups/local-time.ts";
import { isByTime, timeKey, timeKeys } from "./group-key.ts";
import type { Stretch } from "./stretch.ts";

export interface SessionCounts {
  readonly total: number | null;
  /** `null` for a group that is neither by time nor by source. */
  readonly of: (key: string) => number | null;
}

/** Sessions have a source and times, so that other filters and groupings have no count. */
export function sessionCounts(
  connection: Connection,
  stretch: Stretch,
  by: Grouping | undefined,
  filters: Filters,
): SessionCounts {
  const isKnown = Object.entries(filters).every(([name, value]) => name === "source" || value === undefined);
  if (!isKnown) return { total: null, of: () => null };
  const condition = "s.own = 0 AND s.ended_at >= ? AND s.started_at < ?";
  const [isFrom, sources] = sourceCondition(filters.source);
  const values = [stretch.fromMs, stretch.endMs, ...sources];
  const where = `${condition} AND ${isFrom}`;
  if (isByTime(by)) {
    const rows = connection
      .prepare(`SELECT s.started_at, s.ended_at FROM sessions s WHERE ${where}`)
      .all(...values)
      .map((row) => [Number(row["started_at"]), Number(row["ended_at"])] as const);
    const counts = new Map<string, number>();
    for (const [startedMs, endedMs] of rows) {
      const from = Math.max(stretch.fromHour, localHourOf(startedMs));
      const to = Math.min(stretch.toHour, localHourOf(endedMs) + 1);
      for (const key of new Set([...timeKeys(from, to, by), timeKey(to - 1, by)])) {
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    return { total: rows.length, of: (key) => counts.get(key) ?? 0 };
  }
  const total = Number(connection.prepare(`SELECT count(*) n FROM sessions s WHERE ${where}`).get(...values)?.["n"]);
  if (by !== "source") return { total, of: () => (by === "session" ? 1 : null) };
  const counts = connection
    .prepare(
      `SELECT t.source, count(DISTINCT s.id) n FROM sessions s JOIN streams t ON t.session = s.id WHERE ${where} GROUP BY t.source`,
    )
    .all(...values);
  const bySource = new Map(counts.map((row) => [row["source"], Number(row["n"])]));
  return { total, of: (key) => bySource.get(key) ?? 0 };
}

/** Whether a session `s` has something from a source that matches. */
export function sourceCondition(filter: string | undefined): readonly [sql: string, values: readonly string[]] {
  if (filter === undefined) return ["true", []];
  const { included, excluded } = filterValues(filter);
  const list = (values: readonly string[], not: string) =>
    values.length === 0 ? "" : `AND t.source ${not}IN (${values.map(() => "?").join(", ")})`;
  const sql = `EXISTS (SELECT 1 FROM streams t WHERE t.session = s.id ${list(included, "")} ${list(excluded, "NOT ")})`;
  return [sql, [...included, ...excluded]];
}
