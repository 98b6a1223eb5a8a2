/** How much of what a source could tell is seen, and why not all. */
import type { AgentCoverage } from "../protocol/reports.ts";
import { isAgent } from "../schema/sources.ts";
import { countText } from "./format.ts";

const percent = (part: number, whole: number): string => (whole === 0 ? "–" : `${Math.floor((100 * part) / whole)} %`);

export interface Coverage {
  readonly outcome: string;
  readonly duration: string;
  /** Beginnings whose end was not seen; `null` where the source tells no beginnings. */
  readonly unended: number | null;
  readonly why: string;
}

/** What a source cannot tell, however well everything works. */
const limits: Readonly<Record<string, string>> = {
  vscode_terminal:
    "Terminals with shell integration (bash, zsh, fish, PowerShell) are seen; cmd.exe, nested shells and most SSH sessions are not.",
  vscode_task: "Tasks that run a process are seen with their outcome; others without one.",
  nexus_cli: "Only tools that write event logs, or runs given to nexus run, are seen.",
  otlp: "What the agent exports is seen, and nothing it keeps to itself.",
};
const ofAgent =
  "What its hooks tell is seen. They do not tell calls that were refused, and sessions in the cloud have none here.";
const ofProgram = "What the program itself records is seen.";

export function coverageOf({
  source,
  started,
  ended,
  withOutcome,
  withDuration,
  missedByHooks,
}: AgentCoverage): Coverage {
  const unended = started === 0 ? null : Math.max(0, started - ended);
  const open =
    unended === null || unended === 0
      ? ""
      : ` ${countText(unended, "beginning has", "beginnings have")} no end: still running, or cut off.`;
  const others =
    missedByHooks === 0
      ? ""
      : ` OpenTelemetry told of ${countText(missedByHooks, "use")} that its hooks did not tell of.`;
  const limit = limits[source] ?? (isAgent(source) ? ofAgent : ofProgram);
  return {
    outcome: percent(withOutcome, ended),
    duration: percent(withDuration, ended),
    unended,
    why: `${limit}${others}${open}`,
  };
}
