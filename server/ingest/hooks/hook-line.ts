/** Parses a line that `hook.awk` wrote: a filtered payload with its time in whole seconds. */

import { type AgentName, agentNames } from "../../../shared/protocol/agents.ts";
import { type HookEvent, hookEvents } from "./hook-events.ts";
import type { AgentIds } from "./ids.ts";
import { filterPayload } from "./payload-filter.ts";

/**
 * awk has only whole seconds. The end of the second is used, so that no event seems older than a
 * consent in it. Milliseconds.
 */
const withinSecond = 999;

/** Returns the events of such a line, or `undefined` for any other line. */
export function hookLine(line: object, ids: AgentIds): readonly HookEvent[] | undefined {
  const { hook, ts, n, agent, ...rest } = line as Readonly<Record<string, unknown>>;
  if (hook !== 1 || typeof ts !== "number" || !Number.isSafeInteger(ts)) return undefined;
  // Any program can write to the log, so the line is filtered like a payload.
  const call = typeof n === "string" && /^\d{1,10}$/.test(n) ? n : "";
  const installedIn = agentNames.find((name: AgentName) => name === agent);
  return hookEvents(filterPayload(nested(rest)), ts + withinSecond, ids, { installedIn, call });
}

/** Restores nested objects: `tool_result.result_type` is a key of `tool_result`. */
function nested(flat: Readonly<Record<string, unknown>>): object {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const [outer = "", inner] = name.split(".");
    if (inner === undefined) event[outer] ??= value;
    else event[outer] = { ...(typeof event[outer] === "object" ? event[outer] : {}), [inner]: value };
  }
  return event;
}
