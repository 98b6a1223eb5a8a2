/** A line that `hook.awk` wrote: what it kept of a payload, with the second it was told. */

import { type HookEvent, hookEvents } from "./hook-events.ts";
import type { AgentIds } from "./ids.ts";
import { filterPayload } from "./payload-filter.ts";

/** `awk` knows the second, not its parts: its end is taken, so that nothing seems to lie before a consent that was given in it. */
const withinSecond = 999;

/** The events of such a line; `undefined` of any other line. */
export function hookLine(line: object, ids: AgentIds): readonly HookEvent[] | undefined {
  const { hook, ts, n, ...rest } = line as Readonly<Record<string, unknown>>;
  if (hook !== 1 || typeof ts !== "number" || !Number.isSafeInteger(ts)) return undefined;
  // Whoever wrote it: no more is taken than would be of a payload.
  const call = typeof n === "string" && /^\d{1,10}$/.test(n) ? n : "";
  return hookEvents(filterPayload(nested(rest)), ts + withinSecond, ids, call);
}

/** `tool_result.result_type` is a part of `tool_result`. */
function nested(flat: Readonly<Record<string, unknown>>): object {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const [outer = "", inner] = name.split(".");
    if (inner === undefined) event[outer] ??= value;
    else event[outer] = { ...(typeof event[outer] === "object" ? event[outer] : {}), [inner]: value };
  }
  return event;
}
