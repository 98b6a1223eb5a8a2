/**
 * What is kept of an agent's payload: public names, numbers and ids of allowed names, and of some names that there was a value. The
 * same as `server/agents/hook.awk` keeps, for payloads that come another way.
 */
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";

/** The names of events, in lower case and without `_` and `-`, of which anything is taken; and that of `nexus agents test`. */
export const hookEventNames: readonly string[] = [
  "posttooluse",
  "posttoolusefailure",
  "beforetool",
  "aftertool",
  "sessionstart",
  "sessionend",
  "precompact",
  "precompress",
  "subagentstart",
  "subagentstop",
  "nexustest",
];

/** How a use of a tool ended, in the words of hosts; every other word means a failure. */
export const hookResults: readonly string[] = ["success", "failure", "denied", "rejected", "cancelled"];

const events: ReadonlySet<string> = new Set(hookEventNames);
const results: ReadonlySet<string> = new Set(hookResults);

/** The name of an event as it is looked up. */
export const plainEventName = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, "");

const maxDurationMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Ids of sessions and uses. Digits only are an id in the form of a UUID; others may be the number of a card or an account.
 */
export function isHookId(value: string): boolean {
  if (/^(?:toolu|call|tool|exec)_[A-Za-z0-9_-]{8,64}$/.test(value)) return value.length <= 64;
  if (!/^[0-9a-f-]{16,64}$/.test(value)) return false;
  return /[a-f]/.test(value) || (value.length === 36 && /^\d+-\d{4}-\d{4}-\d{4}-\d+$/.test(value));
}

const eventName = (value: string) => (events.has(plainEventName(value)) ? value : undefined);
const id = (value: string) => (isHookId(value) ? value : undefined);
const duration = (value: string) =>
  /^\d{1,10}(?:\.\d{1,3})?$/.test(value) && Number(value) <= maxDurationMs ? value : undefined;
const result = (value: string) => (results.has(value) ? value : "failure");

/** Names whose values are kept, each with what is made of a value; some are one level down. */
const allowed: ReadonlyMap<string, (value: string) => string | undefined> = new Map([
  ["hook_event_name", eventName],
  ["hookEventName", eventName],
  ["tool_name", canonicalTool],
  ["toolName", canonicalTool],
  ["model", publicModel],
  ["tool_use_id", id],
  ["session_id", id],
  ["sessionId", id],
  ["conversation_id", id],
  ["agent_id", id],
  ["duration_ms", duration],
  ["duration", duration],
  ["timestamp", (value) => (/^[123]\d{12}$/.test(value) ? value : undefined)],
  ["is_interrupt", (value) => (value === "true" || value === "false" ? value : undefined)],
  ["toolResult.resultType", result],
  ["tool_result.result_type", result],
]);

/** Names of which it is kept that there was a value, where the value itself is not. */
const booleanKeys: ReadonlySet<string> = new Set([
  "timestamp",
  "turn_id",
  "cursor_version",
  "permission_mode",
  "error",
  "tool_response.error",
  "toolResult",
  "tool_result",
  "conversation_id",
  "sessionId",
  "agent_id",
]);

/** Name → its public value as text, or `"1"`. */
export type FilteredPayload = Readonly<Record<string, string>>;

/** Nothing of an event that has a name, and none that is known. */
export function filterPayload(payload: unknown): FilteredPayload {
  const kept: Record<string, string> = {};
  for (const [name, value] of entriesOf(payload)) {
    if ((name === "hook_event_name" || name === "hookEventName") && isUnknownEvent(value)) return {};
    take(kept, name, value);
    for (const [inner, part] of entriesOf(value)) take(kept, `${name}.${inner}`, part);
  }
  return kept;
}

const isUnknownEvent = (value: unknown): boolean => textOf(value) !== "" && eventName(textOf(value)) === undefined;

/** Of what is no word, number or truth: nothing. */
const textOf = (value: unknown): string => (value === null || typeof value === "object" ? "" : String(value));

function take(kept: Record<string, string>, name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const text = textOf(value);
  const filtered = text === "" ? undefined : allowed.get(name)?.(text);
  if (filtered !== undefined) kept[name] = filtered;
  else if (booleanKeys.has(name)) kept[name] = "1";
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
