/** What an agent's work led to, how long it waited for the user, and its subagents. */
import type { HookEvent } from "../hooks/hook-events.ts";
import type { RecordContext } from "./model-requests.ts";
import { durationOf, type OtlpRecord } from "./otlp-record.ts";

/** Counter, or counter and the value of an attribute → the field that it increases. */
const fieldOf: Readonly<Record<string, string>> = {
  "claude_code.lines_of_code.count added": "lines_added",
  "claude_code.lines_of_code.count removed": "lines_removed",
  "claude_code.commit.count": "commits",
  "claude_code.pull_request.count": "pull_requests",
  "claude_code.code_edit_tool.decision accept": "edits_accepted",
  "claude_code.code_edit_tool.decision reject": "edits_rejected",
  "gemini_cli.lines.changed added": "lines_added",
  "gemini_cli.lines.changed removed": "lines_removed",
};

/** Returns the event of a counter's increase; none for a counter of something else. */
export function resultOf(context: RecordContext, { name, attributes, added = 0 }: OtlpRecord): readonly HookEvent[] {
  if (!(added > 0)) return [];
  if (name === "claude_code.active_time.total") {
    return [
      { ...context, event_type: "agent_activity", activity: "active_time", active_ms: Math.round(added * 1_000) },
    ];
  }
  const field = fieldOf[`${name} ${attributes["type"] ?? attributes["decision"] ?? ""}`.trim()];
  if (field === undefined) return [];
  return [{ ...context, event_type: "agent_activity", activity: "code_change", [field]: Math.round(added) }];
}

export function waitOf(context: RecordContext, record: OtlpRecord): readonly HookEvent[] {
  const durationMs = durationOf(record);
  if (durationMs === undefined) return [];
  return [{ ...context, event_type: "agent_activity", activity: "permission_wait", duration_ms: durationMs }];
}

export function subagentOf(
  context: RecordContext,
  activity: "subagent_started" | "subagent_ended",
  record: OtlpRecord,
): readonly HookEvent[] {
  const durationMs = activity === "subagent_ended" ? durationOf(record) : undefined;
  return [
    {
      ...context,
      event_type: "agent_activity",
      activity,
      ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    },
  ];
}
