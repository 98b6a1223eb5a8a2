/**
 * Converts agents' OTLP records into events: tool calls, denied calls, and model requests with
 * tokens. Formats as of 2026; records that the tables below do not list are ignored.
 *
 * A tool call that a hook also reported has the same ID and counts once. For an agent whose calls
 * have no shared ID, OpenTelemetry counts only if its hook is not connected.
 */

import { type AgentName, sourcesOf } from "../../../shared/protocol/agents.ts";
import { dayMs } from "../../../shared/schema/durations.ts";
import { categoryOfName } from "../error-category.ts";
import type { HookEvent } from "../hooks/hook-events.ts";
import type { AgentIds } from "../hooks/ids.ts";
import { isHookId } from "../hooks/payload-filter.ts";
import { type RecordContext, requestOf } from "./model-requests.ts";
import { type Attributes, durationOf, first, type OtlpRecord, statusOf } from "./otlp-record.ts";
import { type OtlpAgent as Agent, classify } from "./record-kind.ts";
import { resultOf, subagentOf, waitOf } from "./results.ts";

/** Agents whose calls have no ID that hooks and OpenTelemetry share. */
const withoutIds: ReadonlySet<Agent> = new Set(["gemini_cli", "vscode_agent", "copilot_cli"]);

/**
 * Counters arrive every minute, records every 5 s. A receiver that takes over waits this long for
 * records before it counts counters, so that tokens are not counted twice. Milliseconds.
 */
const recordsComeMs = 2 * 60_000;

export class OtlpConverter {
  readonly #connected: (agent: AgentName) => boolean;
  readonly #ids: AgentIds;
  /** Agents whose records or spans report tokens: their counters would count them twice. */
  readonly #reportedByRecords = new Set<Agent>();
  /** The time from which counters are used, in milliseconds since 1970. */
  readonly #countersFromMs: number;

  /** `connected`: returns whether an agent's hook is connected. */
  constructor(connected: (agent: AgentName) => boolean, ids: AgentIds, nowMs: number) {
    this.#connected = connected;
    this.#ids = ids;
    this.#countersFromMs = nowMs + recordsComeMs;
  }

  /** Returns false if the agent's settings are unreadable. */
  #isConnected(agent: AgentName): boolean {
    try {
      return this.#connected(agent);
    } catch {
      return false;
    }
  }

  /** Returns the events of records; most records have none. */
  eventsOf(records: readonly OtlpRecord[]): readonly HookEvent[] {
    const hooked = new Map<Agent, boolean>();
    const seen = new Map<string, number>();
    return withoutInnerTools(records).flatMap((all) => {
      const record = idOfTool(all.attributes) === undefined ? numbered(all, seen) : all;
      const [agent, kind] = classify(record) ?? [];
      if (agent === undefined || kind === undefined || record.tsMs === 0) return [];
      if (kind === "tool_call" || kind === "decision") {
        // A call whose ID the hook does not keep cannot be recognised as the same.
        if (withoutIds.has(agent) || !isHookId(idOfTool(record.attributes) ?? "")) {
          const isReported = hooked.get(agent) ?? this.#isConnected(nameOf(agent));
          hooked.set(agent, isReported);
          if (isReported) return [];
        }
        return kind === "tool_call" ? toolCallOf(this.#ids, agent, record) : refusalOf(this.#ids, agent, record);
      }
      if (kind === "result") return resultOf(contextOf(this.#ids, agent, record), record);
      if (kind === "wait") return waitOf(contextOf(this.#ids, agent, record), record);
      if (kind === "subagent_started" || kind === "subagent_ended") {
        return subagentOf(contextOf(this.#ids, agent, record), kind, record);
      }
      if (record.signal !== "metrics") this.#reportedByRecords.add(agent);
      else if (this.#reportedByRecords.has(agent) || record.tsMs < this.#countersFromMs) return [];
      const context = contextOf(this.#ids, agent, record);
      const request = kind === "request" && record.signal === "logs" ? record.attributes["request_id"] : undefined;
      const named = request === undefined ? context : { ...context, id: this.#ids.request(agent, request) };
      return requestOf(named, agent, kind, record);
    });
  }
}

/**
 * Numbers equal records of a batch: counters that differ only in what is not read are not the same. A repeated export counts
 * them the same way.
 */
function numbered(record: OtlpRecord, seen: Map<string, number>): OtlpRecord {
  const text = JSON.stringify(record);
  const before = seen.get(text) ?? 0;
  seen.set(text, before + 1);
  return before === 0 ? record : { ...record, nth: before };
}

/**
 * A tool of Copilot may run another one under the ID of the same call; the outer one, which the model
 * called, lasts longer and counts.
 */
function withoutInnerTools(records: readonly OtlpRecord[]): readonly OtlpRecord[] {
  const outer = new Map<string, OtlpRecord>();
  for (const record of records) {
    const call = record.signal === "traces" ? idOfTool(record.attributes) : undefined;
    if (call !== undefined && (outer.get(call)?.durationMs ?? -1) < (record.durationMs ?? 0)) outer.set(call, record);
  }
  return records.filter((record) => {
    if (record.signal !== "traces") return true;
    if (innerTool.test(toolOf(record.attributes) ?? "")) return false;
    const call = idOfTool(record.attributes);
    return call === undefined || outer.get(call) === record;
  });
}

/** Tools that only VS Code itself calls; they may arrive in an earlier batch than the outer one. */
const innerTool = /^vscode_\w+_internal$/;

/** VS Code has a new `gen_ai.conversation.id` for each request of a chat. */
const sessionOf = (attributes: Attributes) =>
  first(attributes, "copilot_chat.chat_session_id", "session.id", "conversation.id", "gen_ai.conversation.id");

function commonOf(ids: AgentIds, agent: Agent, { attributes, tsMs }: OtlpRecord) {
  const session = sessionOf(attributes);
  const role = roleOf(attributes);
  return {
    source: "otlp",
    agent,
    // Without a session ID, an agent has one session per day.
    session_id: ids.session(agent, session ?? `${Math.floor(tsMs / dayMs)}`),
    ...(role === undefined ? {} : { agent_role: role }),
  };
}

/** What every event of a record has; its ID is derived from the whole record. */
function contextOf(ids: AgentIds, agent: Agent, record: OtlpRecord): RecordContext {
  return { ...commonOf(ids, agent, record), id: idOf(ids, record, "request"), ts: record.tsMs };
}

/** Claude Code names the main conversation and its subagents; other requests belong to neither. */
function roleOf({ query_source: source = "" }: Attributes): string | undefined {
  if (/^(?:main|sdk|repl_main_thread)(?::|$)/.test(source)) return "main";
  return /^(?:subagent|agent)(?::|$)/.test(source) ? "subagent" : undefined;
}

const toolOf = (attributes: Attributes) => first(attributes, "tool_name", "function_name", "gen_ai.tool.name");
const idOfTool = (attributes: Attributes) => first(attributes, "tool_use_id", "call_id", "gen_ai.tool.call.id");

/** Returns an ID derived from the whole record, so that a repeated export has the same ID. */
const idOf = (ids: AgentIds, { name, tsMs, signal, added, span, nth, attributes }: OtlpRecord, phase: string): string =>
  ids.uuid(
    7,
    JSON.stringify([name, tsMs, signal, added, span, attributes, phase, ...(nth === undefined ? [] : [nth])]),
  );

function toolCallOf(ids: AgentIds, agent: Agent, record: OtlpRecord): readonly HookEvent[] {
  const { attributes, tsMs } = record;
  const tool = toolOf(attributes);
  if (tool === undefined) return [];
  const callId = idOfTool(attributes);
  const id = (phase: string) =>
    callId === undefined ? idOf(ids, record, phase) : ids.use(callId, sessionOf(attributes) ?? "", phase);
  const common = { ...commonOf(ids, agent, record), event_type: "agent_event", stream: "tool", tool_name: tool };
  const durationMs = durationOf(record);
  const refused = isRefusal(attributes["decision"]);
  const status = refused ? "cancelled" : statusOf(record);
  const end = {
    ...common,
    id: id("end"),
    ts: tsMs,
    tool_phase: "end",
    ...(status === undefined ? {} : { status }),
    ...(refused ? { error_category: "rejected" } : status === "failed" ? failureOf(attributes) : {}),
  };
  if (durationMs === undefined) return [end];
  const start = { ...common, id: id("start"), ts: Math.max(0, tsMs - durationMs), tool_phase: "start" };
  return [start, { ...end, duration_ms: durationMs }];
}

/** Returns the event of a denied tool call, which hooks do not report. */
function refusalOf(ids: AgentIds, agent: Agent, record: OtlpRecord): readonly HookEvent[] {
  const { attributes, tsMs } = record;
  const tool = toolOf(attributes);
  if (tool === undefined || !isRefusal(attributes["decision"])) return [];
  const callId = idOfTool(attributes);
  return [
    {
      ...commonOf(ids, agent, record),
      id: callId === undefined ? idOf(ids, record, "end") : ids.use(callId, sessionOf(attributes) ?? "", "end"),
      ts: tsMs,
      event_type: "agent_event",
      stream: "tool",
      tool_name: tool,
      tool_phase: "end",
      status: "cancelled",
      // The question got no answer in time.
      error_category: attributes["decision"] === "timed_out" ? "timeout" : "rejected",
    },
  ];
}

const isRefusal = (decision = "") => /^(?:reject|rejected|denied|deny|abort|timed_out)$/.test(decision);

/** Returns the type of the error, if the record has one. */
function failureOf(attributes: Attributes): { readonly error_category?: string } {
  const name = first(attributes, "error_type", "error.type");
  return name === undefined ? {} : { error_category: categoryOfName(name) };
}

const nameOf = (agent: Agent): AgentName =>
  (Object.keys(sourcesOf) as AgentName[]).find((name) => sourcesOf[name].some((source) => source === agent)) ??
  "copilot";
