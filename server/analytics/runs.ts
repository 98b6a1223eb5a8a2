/**
 * Which rollups are runs of commands and which are uses of tools. A run is a command of a Nexus tool that ended, or one in a
 * terminal; a tool use is one of an agent. The two are counted apart and never added together.
 */
import { agentSources } from "../../shared/sources.ts";
import type { Row } from "../store/driver.ts";

const agents: ReadonlySet<unknown> = new Set(agentSources);

/** The rollups in question, as a condition on `w`, the words. */
export const endedCondition = `(w.event_type = 'agent_event' AND w.tool_phase = 'end'
  OR w.event_type IN ('command_finished', 'command_failed', 'command_cancelled'))`;

export const isToolUse = (row: Row): boolean => row["event_type"] === "agent_event";

/** Commands of this product's palette are no runs: they are looks at the numbers, and would change them. */
export const isRun = (row: Row): boolean =>
  isToolUse(row) ? row["tool_name"] === "run_terminal_cmd" && !agents.has(row["source"]) : row["source"] !== "vscode";
