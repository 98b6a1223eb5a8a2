/**
 * What a hook of an agent told, as events: whose agent it is, which tool, how it ended, how long it took. Shapes and traps of
 * each host stand with it; `docs/guide/agents.md` says what is seen of whom.
 *
 * One call of a tool may be told several times, because hosts load each other's hooks: its events get the same ids each time.
 */
import type { Source } from "../../../shared/schema/sources.ts";
import type { AgentIds } from "./ids.ts";
import { type FilteredPayload, plainEventName } from "./payload-filter.ts";

export type HookSource = Extract<
  Source,
  "claude_code" | "cursor" | "vscode_agent" | "copilot_cli" | "codex" | "gemini_cli"
>;

/** An event of the log's form, before the firewall: `docs/guide/event-log.md`. */
export type HookEvent = Readonly<Record<string, string | number>>;

/** What a host's event says: of a tool's use, of a session, of an activity; of all others nothing is taken. */
type Moment = "ended" | "failed" | (typeof sessionMoments)[number] | (typeof activities)[number];

const sessionMoments = ["session_started", "session_ended"] as const;
const activities = ["compaction", "subagent_started", "subagent_ended"] as const;

const moments: ReadonlyMap<string, Moment> = new Map(
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

const isSessionMoment = (moment: Moment) => sessionMoments.some((one) => one === moment);
const isActivity = (moment: Moment) => activities.some((one) => one === moment);

/** Hosts that tell of a failure by an event of its own, so that the other event means success. */
const reportsFailures: ReadonlySet<HookSource> = new Set(["claude_code", "cursor", "copilot_cli"]);

/**
 * By what only one of them sends. Cursor, VS Code and Copilot CLI load hooks that were written for Claude Code, so where a hook
 * is configured says little.
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

/** `call`: a number of the hook's call. The events of one telling; none of a moment that says nothing, or a tool that is not named. */
export function hookEvents(payload: FilteredPayload, tsMs: number, ids: AgentIds, call = ""): readonly HookEvent[] {
  const source = agentOf(payload);
  const moment = momentOf(payload);
  if (moment === undefined) return [];
  const session = sessionOf(payload);
  const endMs = reportedMs(payload) ?? tsMs;
  const common = { session_id: ids.session(source, session), source };
  if (isSessionMoment(moment) || isActivity(moment)) {
    const id = ids.uuid(7, nameOfMoment(payload, session, moment, tsMs, call));
    if (isSessionMoment(moment)) return [{ ...common, id, ts: endMs, event_type: moment }];
    return [{ ...common, id, ts: endMs, event_type: "agent_activity", activity: moment, agent: source }];
  }
  const tool = payload["tool_name"] ?? payload["toolName"];
  if (tool === undefined) return [];
  const use = { ...common, event_type: "agent_event", stream: "tool", tool_name: tool, agent: source };
  const model = payload["model"] === undefined ? {} : { model: payload["model"] };
  const durationMs = durationOf(payload);
  const status = statusOf(payload, moment, source);
  const end = {
    ...use,
    ...model,
    tool_phase: "end",
    ts: endMs,
    ...idOf(ids, payload, session, "end"),
    ...(status === undefined ? {} : { status }),
    ...(isRefused(payload) ? { error_category: "rejected" } : {}),
  };
  if (durationMs === undefined) return [end];
  const start = {
    ...use,
    tool_phase: "start",
    ts: Math.max(0, endMs - durationMs),
    ...idOf(ids, payload, session, "start"),
  };
  return [start, { ...end, duration_ms: durationMs }];
}

/** The agent's own id of the session; empty where it gave none that may be kept. */
function sessionOf(payload: FilteredPayload): string {
  const given = [payload["session_id"], payload["sessionId"], payload["conversation_id"]];
  return given.find((id) => id !== undefined && id !== "1") ?? "";
}

/** Copilot CLI does not name its event; it tells what came of the tool. */
function momentOf(payload: FilteredPayload): Moment | undefined {
  const name = payload["hook_event_name"] ?? payload["hookEventName"];
  if (name !== undefined) return moments.get(plainEventName(name));
  if ("toolResult" in payload || "tool_result" in payload) return "ended";
  return "error" in payload ? "failed" : undefined;
}

function statusOf(payload: FilteredPayload, moment: Moment, source: HookSource): string | undefined {
  if (payload["is_interrupt"] === "true") return "cancelled";
  if (moment === "failed" || "tool_response.error" in payload) return "failed";
  const result = payload["toolResult.resultType"] ?? payload["tool_result.result_type"];
  if (result !== undefined) {
    return result === "success" ? "ok" : isRefused(payload) || result === "cancelled" ? "cancelled" : "failed";
  }
  return source === "gemini_cli" || reportsFailures.has(source) ? "ok" : undefined;
}

/** The user, or a rule of theirs, did not let the tool be used. */
function isRefused(payload: FilteredPayload): boolean {
  return /^(denied|rejected)$/.test(payload["toolResult.resultType"] ?? payload["tool_result.result_type"] ?? "");
}

/** Claude Code names milliseconds `duration_ms`, Cursor `duration`. */
function durationOf(payload: FilteredPayload): number | undefined {
  const text = payload["duration_ms"] ?? payload["duration"];
  const ms = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(ms) && ms >= 0 && ms <= 30 * 24 * 60 * 60 * 1000 ? Math.round(ms) : undefined;
}

/** The host's own time, where it is a number of milliseconds. */
function reportedMs({ timestamp = "" }: FilteredPayload): number | undefined {
  return /^\d{13}$/.test(timestamp) ? Number(timestamp) : undefined;
}

/**
 * From what the host itself calls the use; else from its session, tool and time. Without either the id is made of the line's
 * place, and a second telling counts again.
 */
function idOf(ids: AgentIds, payload: FilteredPayload, session: string, phase: string): { readonly id?: string } {
  const use = payload["tool_use_id"];
  if (use !== undefined) return { id: ids.use(use, session, phase) };
  const ms = reportedMs(payload);
  if (ms === undefined) return {};
  return { id: ids.uuid(7, `${session} ${payload["tool_name"] ?? payload["toolName"] ?? ""} ${ms} ${phase}`) };
}

/** Of a session, or an activity: two hooks tell of it within the same second. */
function nameOfMoment(payload: FilteredPayload, session: string, moment: Moment, tsMs: number, call: string): string {
  const when = reportedMs(payload) ?? Math.floor(tsMs / 1_000);
  const agent = payload["agent_id"] ?? "";
  // Its agent has an id that may not be kept: the number of the call tells it from others in the same second.
  return `${session} ${agent === "1" ? `call ${call}` : agent} ${moment} ${when}`;
}
