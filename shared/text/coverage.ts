/** Describes how complete the data of a source is, and why it is incomplete. */
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
  readonly why: string;
}

/** What a source cannot report, even if everything works. */
const limits: Readonly<Record<string, string>> = {
  vscode_terminal:
    "Only terminals with shell integration are recorded (bash, zsh, fish, PowerShell); not cmd.exe, nested shells and most SSH sessions.",
  vscode_task: "Tasks without a process have no outcome.",
  nexus_cli: "Only tools that write event logs, and commands started with nexus run.",
  otlp: "Only data that the agent exports.",
};
const agentLimit = "Only events reported by its hooks; denied calls and cloud sessions are not reported.";
const programLimit = "Only events recorded by the program.";

export function coverageOf({
  source,
  started,
  ended,
  withOutcome,
  withDuration,
  missedByHooks,
}: AgentCoverage): Coverage {
  const unended = started === 0 ? null : Math.max(0, started - ended);
  const unfinished =
    unended === null || unended === 0
      ? ""
      : ` ${countText(unended, "call")} started but did not finish (running or interrupted).`;
  const missed =
    missedByHooks === 0 ? "" : ` OpenTelemetry reported ${countText(missedByHooks, "call")} that hooks missed.`;
  const limit = limits[source] ?? (isAgent(source) ? agentLimit : programLimit);
  return {
    outcome: percent(withOutcome, ended),
    duration: percent(withDuration, ended),
    unended,
    why: `${limit}${missed}${unfinished}`,
  };
}
