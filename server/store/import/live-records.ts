/** From when on agents' calls and requests were recorded while they happened, so that their files add nothing. */
import { isShell } from "../../../shared/vocabulary/history-names.ts";
import type { Connection } from "../driver/driver.ts";
import { dayOfHour, localHourOf, startOfHour } from "../rollups/local-time.ts";
import { readNumber } from "../state.ts";

/** Agents whose hooks or OpenTelemetry name a tool use as their files do. */
const withSharedIds: ReadonlySet<string> = new Set(["claude_code", "codex", "opencode"]);

export interface LiveRecords {
  /** Whether nothing of the agent was recorded, here or by an installation whose export was imported. */
  readonly isEmpty: boolean;
  /** Whether something at this time was recorded already; what is not can still be stored under the same ID. */
  readonly covers: (kind: "call" | "request", tsMs: number) => boolean;
}

export function liveRecords(connection: Connection, name: string): LiveRecords {
  // What VS Code recorded of terminals is in the shell's history too.
  const agent = isShell(name) ? "vscode_terminal" : name;
  const expiredMs = readNumber(connection, "floor_ts");
  const callsMs = firstMs(connection, agent, "agent_event");
  const requestsMs = firstMs(connection, agent, "model_request");
  const hasIds = withSharedIds.has(agent);
  // Counters, and reports of earlier versions, do not name the request.
  const sinceMs = agent === "claude_code" ? readNumber(connection, "request_ids_since") : Number.POSITIVE_INFINITY;
  const unnamed = agent === "claude_code" ? daysOfUnnamed(connection, agent) : new Set<number>();
  const other = connection
    .prepare(
      `SELECT 1 FROM dimensions WHERE ifnull(agent, source) = ? AND origin NOT IN (SELECT id FROM origins WHERE agent IS NOT NULL)`,
    )
    .get(agent);
  return {
    isEmpty: other === undefined,
    covers: (kind, tsMs) => {
      // The IDs of expired events are gone, so that nothing can be compared.
      if (kind === "call") return tsMs >= callsMs && (!hasIds || tsMs < expiredMs);
      return tsMs >= requestsMs && (tsMs < Math.max(sinceMs, expiredMs) || unnamed.has(dayOfHour(localHourOf(tsMs))));
    },
  };
}

/** Condition on `d`: recorded by this machine while an agent did it. */
const which = "d.origin = 0 AND ifnull(d.agent, d.source) = ? AND d.event_type = ?";

/** Local days with requests that only a counter reported, which names none. */
function daysOfUnnamed(connection: Connection, agent: string): ReadonlySet<number> {
  const days = connection
    .prepare(
      `SELECT DISTINCT m.bucket / 24 day FROM rollups m JOIN dimensions d ON d.id = m.dimensions
       WHERE m.grain = 0 AND ${which} AND d.status IS NULL`,
    )
    .all(agent, "model_request");
  return new Set(days.map(({ day }) => Number(day)));
}

/** When this machine first recorded something of an agent, in milliseconds since 1970; infinity: never. */
function firstMs(connection: Connection, agent: string, type: string): number {
  const hour = connection
    .prepare(
      `SELECT min(m.bucket) hour FROM rollups m JOIN dimensions d ON d.id = m.dimensions WHERE m.grain = 0 AND ${which}`,
    )
    .get(agent, type)?.["hour"];
  if (typeof hour !== "number") return Number.POSITIVE_INFINITY;
  const [from, to] = [startOfHour(hour), startOfHour(hour + 1)];
  // What expired of this hour may have been earlier than what is left of it.
  if (readNumber(connection, "floor_ts") > from) return from;
  const event = connection
    .prepare(
      `SELECT min(e.ts) first FROM events e JOIN dimensions d ON d.id = e.dimensions
       WHERE ${which} AND e.ts >= ? AND e.ts < ?`,
    )
    .get(agent, type, from, to)?.["first"];
  return typeof event === "number" ? event : from;
}
