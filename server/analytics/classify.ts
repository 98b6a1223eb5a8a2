/**
 * Which rollups are runs of commands and which are uses of tools. A run is a command of a Nexus tool that ended, or one in a
 * terminal; a tool use is one of an agent. The two are counted apart and never added together.
 */
import type { EventTypeName } from "../../shared/schema/events.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import type { Row } from "../store/driver/driver.ts";

const commandEnds: readonly EventTypeName[] = ["command_finished", "command_failed", "command_cancelled"];
const isCommandEnd: ReadonlySet<unknown> = new Set(commandEnds);

/** Commands of Nexus tools that ended, as a condition on `w`, the words. */
const commandEnded = `d.event_type IN (${commandEnds.map((type) => `'${type}'`).join(", ")})`;

/** What ended: commands, and uses of tools. */
export const endedCondition = `(d.event_type = 'agent_event' AND d.tool_phase = 'end' OR ${commandEnded})`;

/** The same, and the beginnings of uses of tools. */
export const startedOrEndedCondition = `(d.event_type = 'agent_event' OR ${commandEnded})`;

export const isToolCall = (row: Row): boolean => row["event_type"] === "agent_event" && row["tool_phase"] === "end";

/** Commands of this product's palette are no runs: they are looks at the numbers, and would change them. */
export const isCommandRun = (row: Row): boolean =>
  isToolCall(row)
    ? row["tool_name"] === "run_terminal_cmd" && !isAgent(row["source"])
    : isCommandEnd.has(row["event_type"]) && row["source"] !== "vscode";
