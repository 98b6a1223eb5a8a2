/**
 * Captures commands in the integrated terminal through shell integration: start, end, duration,
 * exit code. The worker reduces the command line to a public command path. Never reads the output.
 */
import { Disposable, type TerminalShellExecution, TerminalShellExecutionCommandLineConfidence, window } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import { systemTimers } from "../timers.ts";
import { type CapturedLine, ShellExecutions } from "./shell-executions.ts";
import type { CaptureSource } from "./source.ts";

/** Editors derived from VS Code may omit the command line, or give only its text. */
function lineOf({ commandLine }: Partial<TerminalShellExecution>): CapturedLine | undefined {
  const line: unknown = commandLine;
  if (typeof line === "string") return { value: line, isGuess: true };
  if (commandLine === undefined || typeof commandLine.value !== "string") return undefined;
  const isGuess = commandLine.confidence === TerminalShellExecutionCommandLineConfidence.Low;
  return { value: commandLine.value, isGuess };
}

export function terminalSource(recorder: Recorder): CaptureSource {
  return {
    name: "terminal",
    start() {
      const executions = new ShellExecutions(
        (fields) => recorder.record("agent_event", "vscode_terminal", fields),
        systemTimers,
        () => performance.now(),
      );
      return Disposable.from(
        window.onDidStartTerminalShellExecution(({ terminal, execution }) => {
          executions.started(terminal, execution, lineOf(execution));
        }),
        window.onDidEndTerminalShellExecution(({ execution, exitCode }) => {
          executions.ended(execution, lineOf(execution), exitCode);
        }),
        window.onDidCloseTerminal((terminal) => executions.closed(terminal)),
        executions,
      );
    },
  };
}
