/** Events of an agent's history, in the form that the firewall takes. */
import { minuteMs } from "../../shared/schema/durations.ts";
import type { HookEvent } from "../ingest/hooks/hook-events.ts";
import { type AgentIds, isRandomId } from "../ingest/hooks/ids.ts";
import { type ModelResponse, sizeOf, type ToolUse } from "./records.ts";

/** A longer time is mostly a wait for the user. */
export const maxElapsedMs = 10 * minuteMs;

/**
 * Returns the ID with which hooks or OpenTelemetry report a record, if it is not that of its event. Not every line of a response
 * names its request.
 */
export function liveIdsOf(record: ModelResponse | ToolUse, ids: AgentIds): readonly string[] {
  if ("tool" in record) return isRandomId(record.id) ? [] : [ids.use(record.id, record.session, "end")];
  return record.requestId === undefined ? [] : [ids.request(record.agent, record.requestId)];
}

/** Returns the IDs of the events of other records of the same use. */
export const aliasesOf = (record: ModelResponse | ToolUse, ids: AgentIds): readonly string[] =>
  "model" in record ? (record.aliases ?? []).map((id) => responseEventId(record.agent, id, ids)) : [];

const responseEventId = (agent: string, id: string, ids: AgentIds): string => ids.uuid(7, `${agent} response ${id}`);

/** Returns whether the files may say more of a record later, and how much they say now. */
export function growthOf(record: ModelResponse | ToolUse): { readonly mayGrow: boolean; readonly size: number } {
  if ("tool" in record) {
    const size = (record.elapsedMs === null ? 0 : 1) + (record.outcome === null ? 0 : 1);
    return { mayGrow: size < 2, size };
  }
  const { isExact, mayGrow = !isExact } = record;
  return { mayGrow, size: sizeOf(record) };
}

/** When a record happened, in milliseconds since 1970: a tool use at its result. */
export const eventMs = (record: ModelResponse | ToolUse): number =>
  record.tsMs + ("tool" in record ? Math.min(record.elapsedMs ?? 0, maxElapsedMs) : 0);

/**
 * A tool use with an ID of its own has that of its end, the same as from hooks and OpenTelemetry; a short one is not mixed with its
 * session, because a fork has another one. Its duration is the time until its result, at most
 * 10 minutes.
 */
export function historyEvent(record: ModelResponse | ToolUse, ids: AgentIds): HookEvent {
  const { agent, session, isSubagent } = record;
  const time = timeOf(eventMs(record));
  const common = {
    source: "agent_history",
    agent,
    session_id: ids.session(agent, session),
    agent_role: isSubagent ? "subagent" : "main",
  };
  if ("model" in record) {
    const { id, model, tokens, costMicroUsd } = record;
    return {
      ...common,
      ...time,
      id: responseEventId(agent, id, ids),
      event_type: "model_request",
      model,
      status: "ok",
      tokens_input: tokens.input,
      tokens_output: tokens.output,
      ...used("tokens_cache_read", tokens.cacheRead),
      ...used("tokens_cache_write_5m", tokens.cacheWrite5m),
      ...used("tokens_cache_write_1h", tokens.cacheWrite1h),
      ...used("tokens_reasoning", tokens.reasoning),
      ...used("cost_microusd", costMicroUsd ?? 0),
    };
  }
  const { id, tool, elapsedMs, outcome, command } = record;
  const elapsed = elapsedMs === null ? {} : { duration_ms: Math.min(elapsedMs, maxElapsedMs) };
  if (command !== undefined)
    return {
      ...time,
      source: "shell_history",
      session_id: ids.session("shell", session),
      id: ids.use(id, "", "end"),
      event_type: "agent_event",
      stream: "tool",
      tool_name: tool,
      tool_phase: "end",
      command_path: command.path || "other",
      chain: command.chain,
      command_count: command.count,
      outcome_of: command.outcomeOf,
      ...(command.exitCode === undefined ? {} : { exit_code: command.exitCode }),
      ...elapsed,
    };
  return {
    ...common,
    ...time,
    id: ids.use(id, `${agent} history`, "end"),
    event_type: "agent_event",
    stream: "tool",
    tool_name: tool,
    tool_phase: "end",
    ...elapsed,
    ...(outcome === null ? {} : { status: outcome }),
  };
}

const used = (field: string, count: number): Readonly<Record<string, number>> =>
  count === 0 ? {} : { [field]: count };

const timeOf = (ts: number) => ({ ts, utc_offset_min: -new Date(ts).getTimezoneOffset() });
