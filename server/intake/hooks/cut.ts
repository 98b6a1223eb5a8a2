/**
 * What is kept of what an agent tells its hook: short plain words and numbers of allowed names, and of some names that there was
 * a value. The same as `server/agents/hook.awk` keeps, for payloads that come another way.
 */

/** Names whose values are kept where they are short and plain; some lie one level down. */
const allowed: ReadonlySet<string> = new Set([
  ...["hook_event_name", "hookEventName", "tool_name", "toolName", "tool_use_id"],
  ...[
    "session_id",
    "sessionId",
    "conversation_id",
    "duration_ms",
    "duration",
    "timestamp",
    "is_interrupt",
    "model",
    "agent_id",
  ],
  ...["toolResult.resultType", "tool_result.result_type"],
]);
/** Names of which it is kept that there was a value. */
const told: ReadonlySet<string> = new Set([
  ...["timestamp", "turn_id", "cursor_version", "permission_mode", "error"],
  ...["tool_response.error", "toolResult", "tool_result"],
]);

const plain = /^[A-Za-z0-9_.-]{1,64}$/;

/** Name → its value as text, or `"1"`. */
export type Cut = Readonly<Record<string, string>>;

export function cutPayload(payload: unknown): Cut {
  const kept: Record<string, string> = {};
  const take = (name: string, value: unknown) => {
    const text = typeof value === "object" ? "" : String(value);
    if (value === null || value === undefined) return;
    if (allowed.has(name) && plain.test(text)) kept[name] = text;
    else if (told.has(name)) kept[name] = "1";
  };
  for (const [name, value] of entriesOf(payload)) {
    take(name, value);
    for (const [inner, part] of entriesOf(value)) take(`${name}.${inner}`, part);
  }
  return kept;
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
