/**
 * Classifies rollups as command runs or tool calls. A command run is a finished command of a Nexus tool or in a terminal; a tool
 * call is an agent's. The two are counted separately and never added together.
 */
import type { EventTypeName } from "../../shared/schema/events.ts";
import type { OutcomeOf } from "../../shared/schema/fields.ts";
import { historySources, isAgent } from "../../shared/schema/sources.ts";
import { ownCommandCondition } from "../../shared/vocabulary/own-commands.ts";
import type { Row } from "../store/driver/driver.ts";

const commandEnds: readonly EventTypeName[] = ["command_finished", "command_failed", "command_cancelled"];
const isCommandEnd: ReadonlySet<unknown> = new Set(commandEnds);

/** Terminal events of Nexus commands, as a condition on `d`, the dimensions. */
const commandEnded = `d.event_type IN (${commandEnds.map((type) => `'${type}'`).join(", ")})`;

/** Terminal events of commands and tool calls, without the product's own commands: they are not the user's work. */
export const endedCondition = `((d.event_type = 'agent_event' AND d.tool_phase = 'end' OR ${commandEnded}) AND NOT ${ownCommandCondition})`;

/** The same, plus starts of tool calls. */
export const startedOrEndedCondition = `((d.event_type = 'agent_event' OR ${commandEnded}) AND NOT ${ownCommandCondition})`;

/** Tool calls, started or ended. */
export const toolCallCondition = `(d.event_type = 'agent_event' AND NOT ${ownCommandCondition})`;

export const isToolCall = (row: Row): boolean => row["event_type"] === "agent_event" && row["tool_phase"] === "end";

/** Outcomes that belong to no single command. */
const othersOutcome: ReadonlySet<unknown> = new Set<OutcomeOf>(["line", "session"]);

/** Whether status and duration are the command's or the tool call's, not those of a whole line or of the user. */
export const hasOutcome = (row: Row): boolean => isCommands(row["outcome_of"]) || isAgent(row["source"]);

export const isCommands = (outcomeOf: unknown): boolean => !othersOutcome.has(outcomeOf);

export const isCommandRun = (row: Row): boolean =>
  isToolCall(row)
    ? row["tool_name"] === "run_terminal_cmd" && !isAgent(row["source"])
    : isCommandEnd.has(row["event_type"]);

const history: ReadonlySet<unknown> = new Set(historySources);

/** Whether times are only known from histories, and may contain waiting for the user, so that they are no durations. */
export const isElapsed = ({ source }: Row): boolean => history.has(source);
