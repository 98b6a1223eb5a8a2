/** What counts as a command, an end and an outcome, as SQL over the raw events (analytics design 7.1). */

const commandTypes = "'command_finished', 'command_failed', 'command_cancelled'";

/** A command of a Nexus tool or a terminal command ended. The types come first: the table is ordered by them. */
export const isCommand = `(event_type IN (${commandTypes})
  OR event_type = 'agent_event' AND tool_name = 'run_terminal_cmd' AND tool_phase = 'end')`;

/** A command or a tool call ended. */
export const isEnd = `(event_type IN (${commandTypes}) OR event_type = 'agent_event' AND tool_phase = 'end')`;

/** The outcome of an end: `ok`, `failed`, `cancelled` or `unknown`. A command of a Nexus tool has it in its type. */
export const outcome = `multiIf(event_type = 'command_failed', 'failed', event_type = 'command_cancelled', 'cancelled',
  status != '', status, event_type = 'command_finished', 'ok', 'unknown')`;
