/** Sessions and the timeline of one. Reads single events, so only what retention kept. */
import type { Filters, Query, SessionEvent, SessionSummary } from "../../../shared/protocol/query.ts";
import { parseMeasures } from "../../store/columns.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import { dayOfHour, localHour } from "../../store/rollups/local-time.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { binOf } from "../../store/rollups/sketch.ts";
import type { Span } from "../calendar.ts";
import { PeriodQuery } from "../period-query.ts";
import type { PriceList } from "../price-list.ts";
import { conditionOf, counted, dimensionColumns } from "./query.ts";
import { Totals } from "./totals.ts";

/** The most moments of a timeline that are read. */
const maxEvents = 10_000;

/** The newest sessions of a period, which is in milliseconds since 1970. */
export interface NewestSessions {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sessions: readonly SessionSummary[];
}

/** Returns the newest sessions of the period in which something matches, up to `limit`. @throws SelectionError */
export function readSessions(
  connection: Connection | undefined,
  query: Query,
  limit: number,
  priceList: PriceList,
  nowMs: number,
): NewestSessions {
  const { fromMs, toMs, span } = new PeriodQuery(query.period, nowMs);
  const sessions = connection === undefined ? [] : summaries(connection, query, span, limit, priceList);
  return { fromMs, toMs, sessions };
}

function summaries(
  connection: Connection,
  { filters = {} }: Query,
  { fromMs, endMs }: Pick<Span, "fromMs" | "endMs">,
  limit: number,
  priceList: PriceList,
): readonly SessionSummary[] {
  return newest(connection, filters, fromMs, endMs, limit).map((session) => {
    const totals = new Totals(priceList, new Set());
    const sources = new Set<string>();
    let subagentCalls = 0;
    for (const row of eventsOf(connection, Number(session["id"]), filters)) {
      sources.add(String(row["source"]));
      if (row["agent_role"] === "subagent" && row["tool_phase"] === "end") subagentCalls += 1;
      totals.add(asRollup(row));
    }
    return {
      id: String(session["session_id"]),
      startedMs: Number(session["started_at"]),
      endedMs: Number(session["ended_at"]),
      sources: [...sources].sort(),
      measures: totals.measures,
      subagentCalls,
    };
  });
}

function newest(
  connection: Connection,
  filters: Filters,
  fromMs: number,
  endMs: number,
  limit: number,
): readonly Row[] {
  const [condition, values] = conditionOf(filters);
  return connection
    .prepare(
      `SELECT s.id, s.session_id, s.started_at, s.ended_at FROM sessions s
       WHERE s.own = 0 AND s.ended_at >= ? AND s.started_at < ? AND EXISTS (
         SELECT 1 FROM streams t JOIN events e ON e.stream = t.id JOIN dimensions d ON d.id = e.dimensions
         WHERE t.session = s.id AND ${counted}${condition})
       ORDER BY s.started_at DESC, s.id DESC LIMIT ?`,
    )
    .all(fromMs, endMs, ...values, limit);
}

function eventsOf(connection: Connection, session: number, filters: Filters): readonly Row[] {
  const [condition, values] = conditionOf(filters);
  return connection
    .prepare(
      `SELECT e.ts, e.utc_offset_min, e.duration_ms, e.numbers, ${dimensionColumns}
       FROM streams t JOIN events e ON e.stream = t.id JOIN dimensions d ON d.id = e.dimensions
       WHERE t.session = ? AND ${counted}${condition}`,
    )
    .all(session, ...values);
}

/** Returns an event as the rollup of one event. */
function asRollup({ ts, utc_offset_min: offset, duration_ms: ms, numbers, ...dimensions }: Row): Row {
  const sums = Object.entries(parseMeasures(numbers) ?? {}).map(([name, value]) => [name, [1, value, value, value]]);
  return {
    ...dimensions,
    grain: grains.day,
    bucket: dayOfHour(localHour(Number(ts), Number(offset))),
    count: 1,
    duration_count: ms === null ? 0 : 1,
    duration_sum: ms ?? 0,
    duration_min: ms ?? null,
    duration_max: ms ?? null,
    duration_sketch: ms === null ? null : String(binOf(Number(ms))),
    numbers: sums.length === 0 ? null : JSON.stringify(Object.fromEntries(sums)),
  };
}

/** Returns the moments of a session in their order; `undefined` if no or more than one session has an ID that starts so. */
export function readTimeline(connection: Connection, id: string): readonly SessionEvent[] | undefined {
  const sessions = connection
    .prepare("SELECT id FROM sessions WHERE substr(session_id, 1, ?) = ? LIMIT 2")
    .all(id.length, id);
  if (sessions.length !== 1) return undefined;
  return connection
    .prepare(
      `SELECT e.ts, e.duration_ms, d.event_type, d.source, d.command_path, d.tool_name, d.mcp_server, d.activity, d.model, d.status
       FROM streams t JOIN events e ON e.stream = t.id JOIN dimensions d ON d.id = e.dimensions
       WHERE t.session = ? AND (d.tool_phase IS NULL OR d.tool_phase = 'end') AND d.event_type <> 'command_started'
       ORDER BY e.ts, e.id LIMIT ${maxEvents}`,
    )
    .all(Number(sessions[0]?.["id"]))
    .map((row) => ({
      tsMs: Number(row["ts"]),
      source: String(row["source"]),
      name: nameOf(row),
      outcome: row["status"] === null ? null : String(row["status"]),
      durationMs: row["duration_ms"] === null ? null : Number(row["duration_ms"]),
    }));
}

function nameOf(row: Row): string {
  const { command_path: path, tool_name: tool, mcp_server: server, activity, model, event_type: type } = row;
  if (path !== null) return String(path);
  if (tool !== null) return server === null ? String(tool) : `${tool} ${server}`;
  if (activity !== null) return String(activity);
  return type === "model_request" && model !== null ? `request ${model}` : String(type);
}
