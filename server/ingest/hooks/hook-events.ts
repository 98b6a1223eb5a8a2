/**
 * Converts an agent's filtered hook payload into events: agent, tool, outcome and duration. The
 * formats of the agents differ; `docs/guide/agents.md` lists what each reports.
 *
 * A tool call may be reported several times, because agents load each other's hooks: its events
 * have the same IDs each time.
 */
import type { AgentName } from "../../../shared/protocol/agents.ts";
import { maxDurationMs } from "../../../shared/schema/fields.ts";
import type { Source } from "../../../shared/schema/sources.ts";
import type { AgentIds } from "./ids.ts";
import { type FilteredPayload, plainEventName } from "./payload-filter.ts";

export type HookSource = Extract<
  Source,
  | "claude_code"
  | "cursor"
  | "vscode_agent"
  | "copilot_cli"
  | "codex"
  | "gemini_cli"
  | "antigravity"
  | "windsurf"
  | "qwen_code"
  | "factory_droid"
  | "continue_cli"
>;

/** An event before the firewall, in the format of the event log: `docs/guide/event-log.md`. */
export type HookEvent = Readonly<Record<string, string | number>>;

/** The hook events that are recorded; all others are ignored. */
type HookEventKind = "ended" | "failed" | "refused" | (typeof sessionEvents)[number] | (typeof activities)[number];

const sessionEvents = ["session_started", "session_ended"] as const;
const activities = ["compaction", "subagent_started", "subagent_ended"] as const;

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
const isActivity = (kind: HookEventKind) => activities.some((activity) => activity === kind);

/** Agents that report failures with a separate event, so that the other event means success. */
const reportsFailures: ReadonlySet<HookSource> = new Set(["claude_code", "cursor", "copilot_cli", "qwen_code"]);

/** What a caller knows about a payload besides its content. */
export interface HookCall {
  /** The agent in whose settings the hook was installed. */
  readonly installedIn?: AgentName | undefined;
  /** ID of the hook's process. */
  readonly call?: string;
}

/** Agents whose settings no other agent loads. */
const ownSettings: ReadonlyMap<AgentName, HookSource> = new Map(
  (
    ["cursor", "codex", "gemini_cli", "antigravity", "windsurf", "qwen_code", "factory_droid", "continue_cli"] as const
  ).map((name) => [name, name] as const),
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
  if (isSessionEvent(kind) || isActivity(kind)) {
    const id = ids.uuid(7, identityOf(payload, session, kind, tsMs, call));
    if (isSessionEvent(kind)) return [{ ...common, id, ts: endMs, event_type: kind }];
    return [{ ...common, id, ts: endMs, event_type: "agent_activity", activity: kind, agent: source }];
  }
  const tool = toolOf(payload);
  if (tool === undefined) return [];
  const toolCall = { ...common, event_type: "agent_event", stream: "tool", tool_name: tool, agent: source };
  const named = payload["model"] ?? payload["model_name"];
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

/** Returns the agent's session ID, or "" if there is none that may be used. */
function sessionOf(payload: FilteredPayload): string {
  const names = ["session_id", "sessionId", "conversation_id", "conversationId", "trajectory_id"];
  const ids = names.map((name) => payload[name]);
  return ids.find((id) => id !== undefined && id !== "1") ?? "";
}

const eventOf = (payload: FilteredPayload): string | undefined => {
  const name = payload["hook_event_name"] ?? payload["hookEventName"] ?? payload["agent_action_name"];
  return name === undefined ? undefined : plainEventName(name);
};

const toolOf = (payload: FilteredPayload): string | undefined =>
  payload["tool_name"] ?? payload["toolName"] ?? payload["toolCall.name"] ?? toolsByEvent.get(eventOf(payload) ?? "");

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

function errorOf(payload: FilteredPayload, kind: HookEventKind): { readonly error_category?: string } {
  if (isRefused(payload, kind)) return { error_category: "rejected" };
  return payload["failure_type"] === "timeout" ? { error_category: "timeout" } : {};
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
  return { id: ids.uuid(7, `${session} ${toolOf(payload) ?? ""} ${ms} ${phase}`) };
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
  const agent = payload["agent_id"] ?? payload["subagent_id"] ?? "";
  // "1": the agent's ID was filtered, so the hook's process ID distinguishes events of the same
  // second.
  return `${session} ${agent === "1" ? `call ${call}` : agent} ${kind} ${time}`;
}
