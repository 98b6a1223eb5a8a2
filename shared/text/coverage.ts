/** Describes how complete the data of a source is, and why it is incomplete. */
import { type Message, message } from "../protocol/message.ts";
import type { AgentCoverage } from "../protocol/reports.ts";
import { isAgent } from "../schema/sources.ts";
import { countText } from "./format.ts";

/** Rounded down, so that 100% means all. */
const percent = (part: number, total: number): string => (total === 0 ? "–" : `${Math.floor((100 * part) / total)}%`);

export interface Coverage {
  readonly outcome: string;
  readonly duration: string;
  /** Calls without a recorded end; `null` if the source does not report starts. */
  readonly unended: number | null;
  /** The limits of the source, one sentence each. */
  readonly why: readonly Message[];
}

/** What a source cannot report, even if everything works. */
const limits: Readonly<Record<string, Message>> = {
  vscode_terminal: message(
    "Only terminals with shell integration are recorded (bash, zsh, fish, PowerShell); not cmd.exe, nested shells or most SSH sessions.",
  ),
  vscode_task: message("Tasks without a process have no outcome."),
  nexus_cli: message("Only tools that write event logs, and commands started with nexus run."),
  otlp: message("Only data that the agent exports."),
  agent_history: message("Only what the agent's files hold; their times contain waiting for permission."),
  shell_history: message("Only commands and their times; few shells keep outcomes."),
};
const agentLimit: Message = message(
  "Only events reported by its hooks or OpenTelemetry; hooks do not report denied calls or cloud sessions.",
);
const programLimit: Message = message("Only events recorded by the program.");

export function coverageOf({
  source,
  started,
  ended,
  withOutcome,
  withDuration,
  missedByHooks,
}: AgentCoverage): Coverage {
  const unended = started === 0 ? null : Math.max(0, started - ended);
  const why: Message[] = [];
  why.push(limits[source] ?? (isAgent(source) ? agentLimit : programLimit));
  if (missedByHooks > 0)
    why.push(message("OpenTelemetry reported {calls} that hooks missed.", { calls: countText(missedByHooks, "call") }));
  if (unended !== null && unended > 0) {
    const calls = countText(unended, "call");
    why.push(message("{calls} started but did not finish (running or interrupted).", { calls }));
  }
  return {
    outcome: percent(withOutcome, ended),
    duration: percent(withDuration, ended),
    unended,
    why,
  };
}
