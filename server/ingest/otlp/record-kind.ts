/** The OTLP records that agents' events are made of, by name. Formats as of 2026. */
import type { OtlpRecord } from "./otlp-record.ts";

export type OtlpAgent = "claude_code" | "codex" | "gemini_cli" | "vscode_agent" | "copilot_cli";

export type RecordKind = "tool_call" | "decision" | "request" | "failed_request" | "counted_tokens" | "counted_cost";

const named: ReadonlyMap<string, readonly [OtlpAgent, RecordKind]> = new Map(
  Object.entries({
    "claude_code.tool_result": ["claude_code", "tool_call"],
    "claude_code.tool_decision": ["claude_code", "decision"],
    "claude_code.api_request": ["claude_code", "request"],
    "claude_code.api_error": ["claude_code", "failed_request"],
    "claude_code.token.usage": ["claude_code", "counted_tokens"],
    "claude_code.cost.usage": ["claude_code", "counted_cost"],
    "codex.tool_result": ["codex", "tool_call"],
    "codex.tool_decision": ["codex", "decision"],
    "codex.sse_event": ["codex", "request"],
    "gemini_cli.tool_call": ["gemini_cli", "tool_call"],
    "gemini_cli.api_response": ["gemini_cli", "request"],
    "gemini_cli.api_error": ["gemini_cli", "failed_request"],
    "gemini_cli.token.usage": ["gemini_cli", "counted_tokens"],
  } as const),
);

/** Copilot's spans, by name. */
const spans: ReadonlyMap<string, RecordKind> = new Map([
  ["execute_tool", "tool_call"],
  ["chat", "request"],
]);

/** Returns what a record reports, and of which agent; `undefined` for a record that is not used. */
export function classify({ signal, name, attributes }: OtlpRecord): readonly [OtlpAgent, RecordKind] | undefined {
  const service = attributes["service.name"] ?? "";
  if (signal === "traces") {
    const kind = spans.get(name);
    if (kind === undefined || !/copilot/i.test(service)) return undefined;
    return [/cli|^github-copilot$/i.test(service) ? "copilot_cli" : "vscode_agent", kind];
  }
  const event = attributes["event.name"] ?? "";
  return [name, event, `${service.replaceAll("-", "_")}.${event}`]
    .map((candidate) => named.get(candidate))
    .find((kind) => kind !== undefined);
}
