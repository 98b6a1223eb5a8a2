/**
 * Converts an agent's filtered hook payload into events: agent, tool, outcome and duration. The
 * formats of the agents differ; `docs/guide/agents.md` lists what each reports.
 *
 * A tool call may be reported several times, because agents load each other's hooks: its events
 * have the same IDs each time.
 */
import { type AgentName, sourcesOf } from "../../../shared/protocol/agents.ts";
import { maxDurationMs } from "../../../shared/schema/fields.ts";
import type { hookAgents } from "../../../shared/vocabulary/agents.ts";
import { apiErrors } from "../error-category.ts";
import type { AgentIds } from "./ids.ts";
import { eventKeys, type FilteredPayload, plainEventName } from "./payload-filter.ts";

export type HookSource = (typeof hookAgents)[number];

/** An event before the firewall, in the format of the event log: `docs/guide/event-log.md`. */
export type HookEvent = Readonly<Record<string, string | number>>;

/** The hook events that are recorded; all others are ignored. */
type HookEventKind =
  | "ended"
  | "failed"
  | "refused"
  | "failed_turn"
  | (typeof sessionEvents)[number]
  | (typeof activities)[number];

const sessionEvents = ["session_started", "session_ended"] as const;
const activities = ["compaction", "subagent_started", "subagent_ended", "turn", "permission_request"] as const;

const kindsByName: ReadonlyMap<string, HookEventKind> = new Map(
  Object.entries({
    posttooluse: "ended",
    posttoolusefailure: "failed",
    permissiondenied: "refused",
    aftertool: "ended",
    sessionstart: "session_started",
    sessionend: "session_ended",
    precompact: "compaction",
    precompress: "compaction",
    subagentstart: "subagent_started",
    subagentstop: "subagent_ended",
    stop: "turn",
    afteragent: "turn",
    postcascaderesponse: "turn",
    stopfailure: "failed_turn",
    permissionrequest: "permission_request",
    postreadcode: "ended",
    postwritecode: "ended",
    postruncommand: "ended",
    postmcptooluse: "ended",
  } as const),
);

/** Tools of Windsurf, by the event that reports them. */
const toolsByEvent: ReadonlyMap<string, string> = new Map(
  Object.entries({
    postreadcode: "read_file",
    postwritecode: "edit_file",
    postruncommand: "run_terminal_cmd",
    postmcptooluse: "mcp",
  }),
);

const isSessionEvent = (kind: HookEventKind) => sessionEvents.some((event) => event === kind);
const activityOf = (kind: HookEventKind) =>
  kind === "failed_turn" ? "turn" : activities.find((activity) => activity === kind);

/** Agents that report failures with a separate event, so that the other event means success. */
const reportsFailures: ReadonlySet<HookSource> = new Set([
  "claude_code",
  "cursor",
  "copilot_cli",
  "qwen_code",
  "goose",
  "opencode",
  "amp",
  "pi",
]);

/** What a caller knows about a payload besides its content. */
export interface HookCall {
  /** The agent in whose settings the hook was installed. */
  readonly installedIn?: AgentName | undefined;
  /** ID of the hook's process. */
  readonly call?: string;
}

/** Agents whose settings no other agent loads. */
const ownSettings: ReadonlyMap<AgentName, HookSource> = new Map(
  (Object.keys(sourcesOf) as AgentName[]).flatMap((name) => {
    const sources: readonly HookSource[] = sourcesOf[name];
    return name === "claude_code" || name === "copilot" ? [] : sources.map((source) => [name, source] as const);
  }),
);

/**
 * Returns the agent that sent a payload: the one in whose settings the hook was installed, or the
 * one that loaded it from there. Cursor, VS Code and Copilot CLI load hooks written for Claude
 * Code, and VS Code and Copilot CLI share a folder; fields distinguish them.
 */
export function agentOf(payload: FilteredPayload, installedIn?: AgentName): HookSource {
  const own = installedIn === undefined ? undefined : ownSettings.get(installedIn);
  if (own !== undefined) return own;
  if ("cursor_version" in payload || "conversation_id" in payload) return "cursor";
  if (installedIn === "copilot") return copilotOf(payload);
  if ("agent_action_name" in payload) return "windsurf";
  if ("toolCall.name" in payload) return "antigravity";
  if (payload["permission_mode"] === "normal" && !("transcript_path" in payload)) return "continue_cli";
  if ("toolName" in payload || "tool_result" in payload) return "copilot_cli";
  if ("sessionId" in payload || "hookEventName" in payload) return copilotOf(payload);
  if (installedIn === undefined && isGemini(payload)) return "gemini_cli";
  // Claude Code's sessions start without a permission mode, and Codex's with one.
  const starts = kindOf(payload) === "session_started";
  const isCodex = "turn_id" in payload || (starts && "permission_mode" in payload);
  if (installedIn === undefined && isCodex) return "codex";
  if ("permission_mode" in payload) return "claude_code";
  // Copilot and VS Code send the time of each event, and Claude Code does not.
  return "timestamp" in payload ? copilotOf(payload) : "claude_code";
}

/** VS Code names a transcript and the ID of a call; Copilot CLI does neither, except when a subagent stops. */
function copilotOf(payload: FilteredPayload): HookSource {
  if ("hookEventName" in payload) return "vscode_agent";
  if ("sessionId" in payload || "toolName" in payload || "tool_result" in payload) return "copilot_cli";
  if (kindOf(payload) === "failed" || "stop_reason" in payload) return "copilot_cli";
  return "tool_use_id" in payload || "transcript_path" in payload ? "vscode_agent" : "copilot_cli";
}

/** Events and reasons that only Gemini CLI has. VS Code reports no end of a session. */
function isGemini(payload: FilteredPayload): boolean {
  const event = eventOf(payload);
  if (event === "beforetool" || event === "aftertool" || event === "precompress") return true;
  if (!("timestamp" in payload && "transcript_path" in payload)) return false;
  return event === "sessionend" || (event === "sessionstart" && payload["source"] !== "new");
}

/** Returns the events of a payload; none for other hook events or without a tool name. */
export function hookEvents(
  payload: FilteredPayload,
  tsMs: number,
  ids: AgentIds,
  { installedIn, call = "" }: HookCall = {},
): readonly HookEvent[] {
  const source = agentOf(payload, installedIn);
  const kind = kindOf(payload);
  if (kind === undefined) return [];
  // After a compaction, the same session goes on.
  if (kind === "session_started" && payload["source"] === "compact") return [];
  const session = sessionOf(payload);
  const endMs = reportedMs(payload) ?? tsMs;
  const common = { session_id: ids.session(source, session), source };
  const activity = activityOf(kind);
  const id = () => ids.uuid(7, identityOf(payload, session, kind, tsMs, call));
  if (isSessionEvent(kind)) return [{ ...common, id: id(), ts: endMs, event_type: kind, ...reasonOf(payload, kind) }];
  if (activity !== undefined) {
    const event = { ...common, id: id(), ts: endMs, event_type: "agent_activity", activity, agent: source };
    return [{ ...event, ...(activity === "turn" ? turnOf(payload, kind) : {}) }];
  }
  const tool = toolOf(payload);
  if (tool === undefined) return [];
  const role = roleOf(payload, source);
  const toolCall = { ...common, event_type: "agent_event", stream: "tool", tool_name: tool, agent: source, ...role };
  const named = payload["model"] ?? payload["model_name"] ?? payload["model.slug"];
  const model = named === undefined ? {} : { model: named };
  const durationMs = durationOf(payload);
  const status = statusOf(payload, kind, source);
  const end = {
    ...toolCall,
    ...model,
    tool_phase: "end",
    ts: endMs,
    ...idOf(ids, payload, session, "end"),
    ...(status === undefined ? {} : { status }),
    ...errorOf(payload, kind),
  };
  // What was refused never started.
  if (durationMs === undefined || isRefused(payload, kind)) return [end];
  const start = {
    ...toolCall,
    tool_phase: "start",
    ts: Math.max(0, endMs - durationMs),
    ...idOf(ids, payload, session, "start"),
  };
  return [start, { ...end, duration_ms: durationMs }];
}

/** Agents whose calls name the subagent that made them, so that all others are the main agent's. */
const namesSubagents: ReadonlySet<HookSource> = new Set(["claude_code", "codex"]);

function roleOf(payload: FilteredPayload, source: HookSource): { readonly agent_role?: string } {
  if ("agent_id" in payload || "subagent_id" in payload) return { agent_role: "subagent" };
  return namesSubagents.has(source) ? { agent_role: "main" } : {};
}

function reasonOf(payload: FilteredPayload, kind: HookEventKind): Readonly<Record<string, string>> {
  const [start, end] = [payload["source"], payload["reason"]];
  if (kind === "session_started") return start === undefined ? {} : { start_reason: start };
  return end === undefined ? {} : { end_reason: end };
}

/** Returns how a turn ended. Cursor reports a status, Claude Code a failure with the API's error. */
function turnOf(payload: FilteredPayload, kind: HookEventKind): Readonly<Record<string, string>> {
  const { status, error = "" } = payload;
  if (kind === "failed_turn") return { status: "failed", error_category: apiErrors[error] ?? "unknown" };
  return { status: status === "aborted" ? "cancelled" : status === "error" ? "failed" : "ok" };
}

/** Returns the agent's session ID, or "" if there is none that may be used. */
function sessionOf(payload: FilteredPayload): string {
  const names = ["session_id", "sessionId", "conversation_id", "conversationId", "trajectory_id", "taskId"];
  const ids = names.map((name) => payload[name]);
  return ids.find((id) => id !== undefined && id !== "1") ?? "";
}

const eventOf = (payload: FilteredPayload): string | undefined => {
  const name = eventKeys.map((key) => payload[key]).find((value) => value !== undefined);
  return name === undefined ? undefined : plainEventName(name);
};

const toolOf = (payload: FilteredPayload): string | undefined =>
  payload["tool_name"] ??
  payload["toolName"] ??
  payload["toolCall.name"] ??
  payload["postToolUse.toolName"] ??
  toolsByEvent.get(eventOf(payload) ?? "");

/** Copilot CLI sends no event name, only the result; Antigravity CLI only the call. */
function kindOf(payload: FilteredPayload): HookEventKind | undefined {
  const event = eventOf(payload);
  if (event !== undefined) return kindsByName.get(event);
  if ("toolCall.name" in payload) return "ended";
  if ("toolResult" in payload || "tool_result" in payload) return "ended";
  return "error" in payload ? "failed" : undefined;
}

function statusOf(payload: FilteredPayload, kind: HookEventKind, source: HookSource): string | undefined {
  if (payload["is_interrupt"] === "true" || isRefused(payload, kind)) return "cancelled";
  const success = payload["postToolUse.success"];
  if (success !== undefined) return success === "true" ? "ok" : "failed";
  // An agent that reports failures as such may have an `error` in the result of a success.
  const isError = "tool_response.error" in payload && !reportsFailures.has(source);
  if (kind === "failed" || isError || (source === "antigravity" && "error" in payload)) return "failed";
  const result = payload["toolResult.resultType"] ?? payload["tool_result.result_type"];
  if (result !== undefined) {
    return result === "success" ? "ok" : result === "cancelled" ? "cancelled" : "failed";
  }
  return source === "gemini_cli" || reportsFailures.has(source) ? "ok" : undefined;
}

/** Returns whether the user or one of their rules denied the call. */
function isRefused(payload: FilteredPayload, kind: HookEventKind): boolean {
  if (kind === "refused" || payload["failure_type"] === "permission_denied") return true;
  return /^(denied|rejected)$/.test(payload["toolResult.resultType"] ?? payload["tool_result.result_type"] ?? "");
}

function errorOf(payload: FilteredPayload, kind: HookEventKind): Readonly<Record<string, string | number>> {
  if (isRefused(payload, kind)) return { error_category: "rejected" };
  if (payload["failure_type"] === "timeout") return { error_category: "timeout" };
  const code = /^exit_(\d+)$/.exec(payload["error"] ?? "")?.[1];
  return kind === "failed" && code !== undefined ? { exit_code: Number(code) } : {};
}

/** Returns milliseconds. Claude Code names the field `duration_ms`, Cursor `duration`. */
function durationOf(payload: FilteredPayload): number | undefined {
  const text = payload["duration_ms"] ?? payload["duration"] ?? payload["postToolUse.executionTimeMs"];
  const ms = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(ms) && ms >= 0 && ms <= maxDurationMs ? Math.round(ms) : undefined;
}

/** Returns the agent's time of the event in milliseconds since 1970, if it names one with milliseconds. */
function reportedMs({ timestamp = "" }: FilteredPayload): number | undefined {
  if (/^\d{13}$/.test(timestamp)) return Number(timestamp);
  const ms = timestamp.includes(".") ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Returns an ID derived from the agent's ID of the call, else from session, tool and time. Without
 * both, the ID is derived from the line's position, and a second report is counted again.
 */
function idOf(ids: AgentIds, payload: FilteredPayload, session: string, phase: string): { readonly id?: string } {
  const callId = payload["tool_use_id"] ?? payload["tool_call_id"];
  if (callId !== undefined) return { id: ids.use(callId, session, phase) };
  const ms = reportedMs(payload);
  if (ms === undefined) return {};
  return { id: ids.uuid(7, `${session} ${toolOf(payload) ?? ""} ${ms} ${phase}`) };
}

/** Names of a turn; two hooks that report its end have the same. */
const turnKeys = ["generation_id", "prompt_id", "turn_id", "execution_id"] as const;

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
  const turn = turnKeys.map((key) => payload[key]).find((id) => id !== undefined && id !== "1");
  const time = kind === "turn" && turn !== undefined ? turn : (reportedMs(payload) ?? Math.floor(tsMs / 1_000));
  const agent =
    payload["agent_id"] ??
    payload["subagent_id"] ??
    payload["source"] ??
    (kind === "permission_request" ? toolOf(payload) : undefined) ??
    "";
  // "1": the agent's ID was filtered, so the hook's process ID distinguishes events of the same
  // second.
  return `${session} ${agent === "1" ? `call ${call}` : agent} ${kind} ${time}`;
}
