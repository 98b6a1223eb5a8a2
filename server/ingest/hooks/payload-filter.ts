/**
 * The payload filter: keeps public names, numbers and IDs of allowed keys, and for some keys only
 * that they have a value. Same rules as `server/agents/hook.awk`, for payloads that do not pass
 * through it.
 */
import { maxDurationMs } from "../../../shared/schema/fields.ts";
import { endReasons, startReasons } from "../../../shared/vocabulary/agent-reports.ts";
import { publicModel, reportedTool } from "../../privacy/public-names.ts";
import { apiErrors } from "../error-category.ts";

/**
 * The accepted hook events, in lower case without `_` and `-`. The last one is from `nexus agents
 * test`.
 */
export const hookEventNames: readonly string[] = [
  "posttooluse",
  "posttoolusefailure",
  "permissiondenied",
  "beforetool",
  "aftertool",
  "sessionstart",
  "sessionend",
  "precompact",
  "precompress",
  "subagentstart",
  "subagentstop",
  "stop",
  "stopfailure",
  "afteragent",
  "permissionrequest",
  "nexustest",
  // Windsurf has an event for each kind of tool.
  "postreadcode",
  "postwritecode",
  "postruncommand",
  "postmcptooluse",
  "postcascaderesponse",
];

/** Keys of the event's name. */
export const eventKeys: readonly string[] = [
  "hook_event_name",
  "hookEventName",
  "hookName",
  "event",
  "agent_action_name",
];

/** Keys that have no other meaning. */
const namingKeys: ReadonlySet<string> = new Set(["hook_event_name", "hookEventName", "agent_action_name"]);

/** Keys without which a payload is of no use. */
export const identifyingKeys: readonly string[] = [
  ...eventKeys,
  "tool_name",
  "toolName",
  "toolCall.name",
  "postToolUse.toolName",
];

/** The results of a tool call that agents report; every other value means a failure. */
export const hookResults: readonly string[] = ["success", "failure", "denied", "rejected", "cancelled"];

/** How a turn ended. */
export const turnStatuses: readonly string[] = ["completed", "aborted", "error"];

/** The start of a message that has an exit code: that of Claude Code's shell tool. */
const exitCode = /^(?:Exit code|Command exited with non-zero status code):? (\d{1,3})(?!\d)/;

/** Returns `exit_N`, or the error's name if it is on the closed list; never a message. */
function errorName(value: string): string | undefined {
  // A line of the hook is filtered once more.
  const code = (exitCode.exec(value) ?? /^exit_(\d{1,3})$/.exec(value))?.[1];
  return code === undefined ? (Object.hasOwn(apiErrors, value) ? value : undefined) : `exit_${code}`;
}

/** Cline's sessions are named after the millisecond in which they began, Goose's after the day. */
const isDatedId = (value: string) => /^1\d{12}$/.test(value) || /^20\d{6}_\d{1,4}$/.test(value);

/** Why a call failed; every other value means an error. */
export const failureTypes: readonly string[] = ["error", "timeout", "permission_denied"];

const events: ReadonlySet<string> = new Set(hookEventNames);
const results: ReadonlySet<string> = new Set(hookResults);

/** Returns the normalized name of a hook event. */
export const plainEventName = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, "");

/**
 * Returns whether a value is an ID of a session or tool call. Only digits are accepted in the form
 * of a UUID, because other digits may be a card or account number.
 */
export function isHookId(value: string): boolean {
  const body = /^(?:toolu|srvtoolu|tooluse|call|tool|exec|fc|chatcmpl-tool)[_-](?:vrtx_|bdrk_)?(.+)$/.exec(value)?.[1];
  if (value.length > 64) return false;
  if (body !== undefined)
    return isUuid(body.replace(/[-_]\d$/, "")) || (/^[A-Za-z0-9]{8,}$/.test(body) && /\d/.test(body));
  return isUuid(value) || (/^[0-9a-f]{16,}$/.test(value) && /[a-f]/.test(value));
}

const isUuid = (value: string) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value);

const eventName = (value: string) => (events.has(plainEventName(value)) ? value : undefined);
/** Some of Cursor's IDs have a second line. */
function id(value: string): string | undefined {
  const [first = ""] = value.split("\n");
  return isHookId(first) ? first : undefined;
}
/** Keeps three decimals. */
function duration(value: string): string | undefined {
  if (!/^\d{1,10}(?:\.\d{1,20})?$/.test(value) || Number(value) > maxDurationMs) return undefined;
  return /^\d+(?:\.\d{1,3})?/.exec(value)?.[0];
}

/** Milliseconds since 1970, or RFC 3339 in UTC. */
const isTime = (value: string) =>
  /^[123]\d{12}$/.test(value) || /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value);

const result = (value: string) => (results.has(value) ? value : "failure");
const oneOf = (values: readonly string[]) => (value: string) => (values.includes(value) ? value : undefined);

/** Stands for a value that is not kept. */
const present = "1";

/** Allowed keys, also of the second level, with the function that returns the public value. */
const allowed: ReadonlyMap<string, (value: string) => string | undefined> = new Map<
  string,
  (value: string) => string | undefined
>([
  ...eventKeys.map((key) => [key, eventName] as const),
  ["tool_name", reportedTool],
  ["toolName", reportedTool],
  ["toolCall.name", reportedTool],
  ["postToolUse.toolName", reportedTool],
  ["model", publicModel],
  ["model_name", publicModel],
  ["model.slug", publicModel],
  ["tool_use_id", id],
  ["tool_call_id", id],
  ["session_id", (value) => (isDatedId(value) ? value : id(value))],
  ["taskId", (value) => (isDatedId(value) ? value : id(value))],
  ["sessionId", id],
  ["conversation_id", id],
  ["conversationId", id],
  ["trajectory_id", id],
  ["generation_id", id],
  ["prompt_id", id],
  ["turn_id", id],
  ["execution_id", id],
  ["agent_id", id],
  ["subagent_id", id],
  ["duration_ms", duration],
  ["duration", duration],
  ["postToolUse.executionTimeMs", duration],
  ["postToolUse.success", (value) => (value === "true" || value === "false" ? value : undefined)],
  ["timestamp", (value) => (isTime(value) ? value : undefined)],
  ["is_interrupt", (value) => (value === "true" || value === "false" ? value : undefined)],
  ["toolResult.resultType", result],
  ["tool_result.result_type", result],
  ["source", oneOf(startReasons)],
  ["reason", oneOf(endReasons)],
  ["status", oneOf(turnStatuses)],
  ["error", errorName],
  ["failure_type", (value) => (failureTypes.includes(value) ? value : "error")],
  // Continue has no transcript and a mode of its own.
  ["permission_mode", (value) => (value === "normal" ? value : present)],
  ["transcript_path", () => present],
]);

/** Keys for which only the presence of a value is recorded. */
const booleanKeys: ReadonlySet<string> = new Set([
  "timestamp",
  "turn_id",
  "cursor_version",
  "permission_mode",
  "stop_reason",
  "toolResult",
  "tool_result",
  "conversation_id",
  "conversationId",
  "trajectory_id",
  "sessionId",
  "taskId",
  "agent_id",
  "subagent_id",
]);

/** Keys that mean an error, unless their value is false, 0 or empty. */
const errorKeys: ReadonlySet<string> = new Set(["error", "tool_response.error"]);

/** Key → public value as text, or `"1"` for a present value that is not kept. */
export type FilteredPayload = Readonly<Record<string, string>>;

/** Returns the filtered payload; an empty one for an unknown hook event. */
export function filterPayload(payload: unknown): FilteredPayload {
  const filtered: Record<string, string> = {};
  for (const [name, value] of entriesOf(payload)) {
    if (namingKeys.has(name) && isUnknownEvent(value)) return {};
    addValue(filtered, name, value);
    for (const [inner, part] of entriesOf(value)) addValue(filtered, `${name}.${inner}`, part);
  }
  return filtered;
}

const isUnknownEvent = (value: unknown): boolean => textOf(value) !== "" && eventName(textOf(value)) === undefined;

/** Returns "" for null, objects and arrays. */
const textOf = (value: unknown): string => (value === null || typeof value === "object" ? "" : String(value));

function addValue(filtered: Record<string, string>, name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const text = textOf(value);
  const publicValue = text === "" ? undefined : allowed.get(name)?.(text);
  if (publicValue !== undefined) filtered[name] = publicValue;
  else if (booleanKeys.has(name) || (errorKeys.has(name) && isError(value))) filtered[name] = present;
}

const isError = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
