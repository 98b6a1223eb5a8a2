/**
 * Converts an agent's filtered hook payload into events: agent, tool, outcome and duration. The
 * formats of the agents differ; `docs/guide/agents.md` lists what each reports.
 *
 * A tool call may be reported several times, because agents load each other's hooks: its events
 * have the same IDs each time.
 */
import { maxDurationMs } from "../../../shared/schema/fields.ts";
import type { Source } from "../../../shared/schema/sources.ts";
import type { AgentIds } from "./ids.ts";
import { type FilteredPayload, plainEventName } from "./payload-filter.ts";

export type HookSource = Extract<
  Source,
  "claude_code" | "cursor" | "vscode_agent" | "copilot_cli" | "codex" | "gemini_cli"
>;

/** An event before the firewall, in the format of the event log: `docs/guide/event-log.md`. */
export type HookEvent = Readonly<Record<string, string | number>>;

/** The hook events that are recorded; all others are ignored. */
type HookEventKind = "ended" | "failed" | (typeof sessionEvents)[number] | (typeof activities)[number];

const sessionEvents = ["session_started", "session_ended"] as const;
const activities = ["compaction", "subagent_started", "subagent_ended"] as const;

const kindsByName: ReadonlyMap<string, HookEventKind> = new Map(
  Object.entries({
    posttooluse: "ended",
    posttoolusefailure: "failed",
    aftertool: "ended",
    sessionstart: "session_started",
    sessionend: "session_ended",
    precompact: "compaction",
    precompress: "compaction",
    subagentstart: "subagent_started",
    subagentstop: "subagent_ended",
  } as const),
);

const isSessionEvent = (kind: HookEventKind) => sessionEvents.some((event) => event === kind);
const isActivity = (kind: HookEventKind) => activities.some((activity) => activity === kind);

/** Agents that report failures with a separate event, so that the other event means success. */
const reportsFailures: ReadonlySet<HookSource> = new Set(["claude_code", "cursor", "copilot_cli"]);

/**
 * Returns the agent, identified by fields that only it sends. Cursor, VS Code and Copilot CLI load
 * hooks written for Claude Code, so the place of the hook's configuration does not identify it.
 */
export function agentOf(payload: FilteredPayload): HookSource {
  if ("cursor_version" in payload || "conversation_id" in payload) return "cursor";
  if ("toolName" in payload || ("sessionId" in payload && !("hookEventName" in payload))) return "copilot_cli";
  if ("tool_result" in payload) return "copilot_cli";
  if (/^(Before|After)Tool$/.test(payload["hook_event_name"] ?? "")) return "gemini_cli";
  if ("turn_id" in payload) return "codex";
  if ("permission_mode" in payload) return "claude_code";
  // VS Code sends the time of each event, and Claude Code does not.
  if ("hookEventName" in payload || "timestamp" in payload) return "vscode_agent";
  return "claude_code";
}

/**
 * Returns the events of a payload; none for other hook events or without a tool name. `call`: ID of
 * the hook's process.
 */
export function hookEvents(payload: FilteredPayload, tsMs: number, ids: AgentIds, call = ""): readonly HookEvent[] {
  const source = agentOf(payload);
  const kind = kindOf(payload);
  if (kind === undefined) return [];
  const session = sessionOf(payload);
  const endMs = reportedMs(payload) ?? tsMs;
  const common = { session_id: ids.session(source, session), source };
  if (isSessionEvent(kind) || isActivity(kind)) {
    const id = ids.uuid(7, identityOf(payload, session, kind, tsMs, call));
    if (isSessionEvent(kind)) return [{ ...common, id, ts: endMs, event_type: kind }];
    return [{ ...common, id, ts: endMs, event_type: "agent_activity", activity: kind, agent: source }];
  }
  const tool = payload["tool_name"] ?? payload["toolName"];
  if (tool === undefined) return [];
  const toolCall = { ...common, event_type: "agent_event", stream: "tool", tool_name: tool, agent: source };
  const model = payload["model"] === undefined ? {} : { model: payload["model"] };
  const durationMs = durationOf(payload);
  const status = statusOf(payload, kind, source);
  const end = {
    ...toolCall,
    ...model,
    tool_phase: "end",
    ts: endMs,
    ...idOf(ids, payload, session, "end"),
    ...(status === undefined ? {} : { status }),
    ...(isRefused(payload) ? { error_category: "rejected" } : {}),
  };
  if (durationMs === undefined) return [end];
  const start = {
    ...toolCall,
    tool_phase: "start",
    ts: Math.max(0, endMs - durationMs),
    ...idOf(ids, payload, session, "start"),
  };
  return [start, { ...end, duration_ms: durationMs }];
}

/** Returns the agent's session ID, or "" if there is none that may be used. */
function sessionOf(payload: FilteredPayload): string {
  const ids = [payload["session_id"], payload["sessionId"], payload["conversation_id"]];
  return ids.find((id) => id !== undefined && id !== "1") ?? "";
}

/** Copilot CLI sends no event name, only the result. */
function kindOf(payload: FilteredPayload): HookEventKind | undefined {
  const name = payload["hook_event_name"] ?? payload["hookEventName"];
  if (name !== undefined) return kindsByName.get(plainEventName(name));
  if ("toolResult" in payload || "tool_result" in payload) return "ended";
  return "error" in payload ? "failed" : undefined;
}

function statusOf(payload: FilteredPayload, kind: HookEventKind, source: HookSource): string | undefined {
  if (payload["is_interrupt"] === "true") return "cancelled";
  if (kind === "failed" || "tool_response.error" in payload) return "failed";
  const result = payload["toolResult.resultType"] ?? payload["tool_result.result_type"];
  if (result !== undefined) {
    return result === "success" ? "ok" : isRefused(payload) || result === "cancelled" ? "cancelled" : "failed";
  }
  return source === "gemini_cli" || reportsFailures.has(source) ? "ok" : undefined;
}

/** Returns whether the user or one of their rules denied the call. */
function isRefused(payload: FilteredPayload): boolean {
  return /^(denied|rejected)$/.test(payload["toolResult.resultType"] ?? payload["tool_result.result_type"] ?? "");
}

/** Returns milliseconds. Claude Code names the field `duration_ms`, Cursor `duration`. */
function durationOf(payload: FilteredPayload): number | undefined {
  const text = payload["duration_ms"] ?? payload["duration"];
  const ms = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(ms) && ms >= 0 && ms <= maxDurationMs ? Math.round(ms) : undefined;
}

/** Returns the agent's timestamp if it is a number of milliseconds. */
function reportedMs({ timestamp = "" }: FilteredPayload): number | undefined {
  return /^\d{13}$/.test(timestamp) ? Number(timestamp) : undefined;
}

/**
 * Returns an ID derived from the agent's ID of the call, else from session, tool and time. Without
 * both, the ID is derived from the line's position, and a second report is counted again.
 */
function idOf(ids: AgentIds, payload: FilteredPayload, session: string, phase: string): { readonly id?: string } {
  const callId = payload["tool_use_id"];
  if (callId !== undefined) return { id: ids.use(callId, session, phase) };
  const ms = reportedMs(payload);
  if (ms === undefined) return {};
  return { id: ids.uuid(7, `${session} ${payload["tool_name"] ?? payload["toolName"] ?? ""} ${ms} ${phase}`) };
}

/**
 * Returns the identity of a session event or activity. Two hooks report it within the same second.
 */
function identityOf(
  payload: FilteredPayload,
  session: string,
  kind: HookEventKind,
  tsMs: number,
  call: string,
): string {
  const time = reportedMs(payload) ?? Math.floor(tsMs / 1_000);
  const agent = payload["agent_id"] ?? "";
  // "1": the agent's ID was filtered, so the hook's process ID distinguishes events of the same
  // second.
  return `${session} ${agent === "1" ? `call ${call}` : agent} ${kind} ${time}`;
}
