/** The OTLP records that agents' events are made of, by name. Formats as of 2026. */
import type { OtlpRecord } from "./otlp-record.ts";

export type OtlpAgent = "claude_code" | "codex" | "gemini_cli" | "vscode_agent" | "copilot_cli";

/** `result`: a counter of what the agent's work led to. `wait`: how long the user took to answer. */
export type RecordKind =
  | "tool_call"
  | "decision"
  | "request"
  | "failed_request"
  | "counted_tokens"
  | "counted_cost"
  | "result"
  | "wait"
  | "subagent_started"
  | "subagent_ended";

const named: ReadonlyMap<string, readonly [OtlpAgent, RecordKind]> = new Map(
  Object.entries({
    "claude_code.tool_result": ["claude_code", "tool_call"],
    "claude_code.tool_decision": ["claude_code", "decision"],
    "claude_code.api_request": ["claude_code", "request"],
    "claude_code.api_error": ["claude_code", "failed_request"],
    "claude_code.token.usage": ["claude_code", "counted_tokens"],
    "claude_code.cost.usage": ["claude_code", "counted_cost"],
    "claude_code.lines_of_code.count": ["claude_code", "result"],
    "claude_code.commit.count": ["claude_code", "result"],
    "claude_code.pull_request.count": ["claude_code", "result"],
    "claude_code.code_edit_tool.decision": ["claude_code", "result"],
    "claude_code.active_time.total": ["claude_code", "result"],
    "codex.tool_result": ["codex", "tool_call"],
    "codex.tool_decision": ["codex", "decision"],
    "codex.sse_event": ["codex", "request"],
    "codex.api_request": ["codex", "failed_request"],
    "gemini_cli.tool_call": ["gemini_cli", "tool_call"],
    "gemini_cli.api_response": ["gemini_cli", "request"],
    "gemini_cli.api_error": ["gemini_cli", "failed_request"],
    "gemini_cli.token.usage": ["gemini_cli", "counted_tokens"],
    "gemini_cli.lines.changed": ["gemini_cli", "result"],
    "gemini_cli.agent.start": ["gemini_cli", "subagent_started"],
    "gemini_cli.agent.finish": ["gemini_cli", "subagent_ended"],
  } as const),
);

/** Claude Code's span for the time in which a call waited for the user's permission. */
const waitSpan = "claude_code.tool.blocked_on_user";

/** Copilot's spans, by name. */
const spans: ReadonlyMap<string, RecordKind> = new Map([
  ["execute_tool", "tool_call"],
  ["chat", "request"],
]);

/** Returns what a record reports, and of which agent; `undefined` for a record that is not used. */
export function classify({ signal, name, attributes }: OtlpRecord): readonly [OtlpAgent, RecordKind] | undefined {
  const service = attributes["service.name"] ?? "";
  if (signal === "traces") {
    if (name === waitSpan) return ["claude_code", "wait"];
    const kind = spans.get(name);
    if (kind === undefined || !/copilot/i.test(service)) return undefined;
    return [/cli|^github-copilot$/i.test(service) ? "copilot_cli" : "vscode_agent", kind];
  }
  const event = attributes["event.name"] ?? "";
  return [name, event, `${service.replaceAll("-", "_")}.${event}`]
    .map((candidate) => named.get(candidate))
    .find((kind) => kind !== undefined);
}
