/** Sessions and the timeline of one. Reads single events, so only what retention kept. */
import type { Filters, Query, SessionEvent, SessionSummary } from "../../../shared/protocol/query.ts";
import { ownCommandCondition } from "../../../shared/vocabulary/own-commands.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import type { Span } from "../calendar.ts";
import { PeriodQuery } from "../period-query.ts";
import type { PriceList } from "../price-list.ts";
import { type Dimensions, readDimensions } from "./dimensions.ts";
import { dayOfRow } from "./group-key.ts";
import { sourceCondition } from "./session-counts.ts";
import { sessionReader } from "./session-rows.ts";
import { Totals } from "./totals.ts";
import { weekhourFilter } from "./weekhours.ts";

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
  span: Pick<Span, "fromMs" | "endMs" | "fromHour" | "toHour">,
  limit: number,
  priceList: PriceList,
): readonly SessionSummary[] {
  const dimensions = readDimensions(connection, filters);
  const read = sessionReader(connection);
  const isInHour = weekhourFilter(filters);
  // Of a session all is shown, unless hours are asked for: those of the period.
  const isWanted = (row: Row) =>
    filters.weekhour === undefined ||
    (isInHour(row) && Number(row["bucket"]) >= span.fromHour && Number(row["bucket"]) < span.toHour);
  const found: SessionSummary[] = [];
  for (const session of sessionsIn(connection, filters, span.fromMs, span.endMs)) {
    const summary = summaryOf(session, read(Number(session["id"])), dimensions, isWanted, priceList);
    if (summary !== undefined) found.push(summary);
    if (found.length === limit) break;
  }
  return found;
}

/** Sessions with events, newest first. Most filters also need a look at their events. */
function sessionsIn(connection: Connection, { source }: Filters, fromMs: number, endMs: number): Iterable<Row> {
  const [isFrom, sources] = sourceCondition(source);
  return connection
    .prepare(
      `SELECT s.id, s.session_id, s.started_at, s.ended_at FROM sessions s
       WHERE s.own = 0 AND s.ended_at >= ? AND s.started_at < ? AND ${isFrom}
       ORDER BY s.started_at DESC, s.id DESC`,
    )
    .all(fromMs, endMs, ...sources);
}

/** Returns `undefined` if nothing in the session matches. */
function summaryOf(
  session: Row,
  rows: readonly Row[],
  dimensions: ReadonlyMap<number, Dimensions>,
  isWanted: (row: Row) => boolean,
  priceList: PriceList,
): SessionSummary | undefined {
  const totals = new Totals(priceList, new Set());
  const sources = new Set<string>();
  let subagentCalls = 0;
  for (const row of rows) {
    const of = dimensions.get(Number(row["dimensions"]));
    if (of === undefined || !isWanted(row)) continue;
    sources.add(String(of.row["source"]));
    if (of.row["agent_role"] === "subagent" && of.kind === "call") subagentCalls += 1;
    totals.add(row, of, dayOfRow(row));
  }
  if (sources.size === 0) return undefined;
  return {
    id: String(session["session_id"]),
    startedMs: Number(session["started_at"]),
    endedMs: Number(session["ended_at"]),
    sources: [...sources].sort(),
    measures: { ...totals.measures, sessions: 1 },
    subagentCalls,
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
       WHERE t.session = ? AND (d.tool_phase IS NULL OR d.tool_phase = 'end') AND d.event_type <> 'command_started' AND NOT ${ownCommandCondition}
       ORDER BY e.ts, e.id LIMIT ${maxEvents}`,
    )
    .all(Number(sessions[0]?.["id"]))
    .map((row) => ({
      tsMs: Number(row["ts"]),
      source: String(row["source"]),
      name: eventName(row),
      outcome: row["status"] === null ? null : String(row["status"]),
      durationMs: row["duration_ms"] === null ? null : Number(row["duration_ms"]),
    }));
}

/** What an event is about: a command, a tool, an activity, a model, or its type. */
export function eventName(row: Row): string {
  const { command_path: path, tool_name: tool, mcp_server: server, activity, model, event_type: type } = row;
  if (path !== null) return String(path);
  if (tool !== null) return server === null ? String(tool) : `${tool} ${server}`;
  if (activity !== null) return String(activity);
  return type === "model_request" && model !== null ? `request ${model}` : String(type);
}
