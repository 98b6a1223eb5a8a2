/**
 * Commands in the integrated terminal, as the shell integration reports them: start, end, duration, exit code.
 *
 * The command line goes to the worker as raw input and becomes a public command path there. The output is never read.
 */
import { Disposable, type TerminalShellExecution, TerminalShellExecutionCommandLineConfidence, window } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { CaptureSource } from "./source.ts";

const tool = { stream: "tool", tool_name: "run_terminal_cmd" } as const;

/** A line of low confidence was guessed from the screen and may hold anything; it is not even looked at. */
function commandLine({ commandLine: { value, confidence } }: TerminalShellExecution) {
  return confidence === TerminalShellExecutionCommandLineConfidence.Low ? {} : { command_line: value };
}

export function terminalSource(recorder: Recorder): CaptureSource {
  return {
    name: "terminal",
    start() {
      /** When an execution began, on the clock that never jumps. */
      const startedMs = new WeakMap<TerminalShellExecution, number>();
      return Disposable.from(
        window.onDidStartTerminalShellExecution(({ execution }) => {
          startedMs.set(execution, performance.now());
          recorder.record("agent_event", "vscode_terminal", {
            ...tool,
            tool_phase: "start",
            ...commandLine(execution),
          });
        }),
        window.onDidEndTerminalShellExecution(({ execution, exitCode }) => {
          const started = startedMs.get(execution);
          // It began before it might be recorded.
          if (started === undefined) return;
          recorder.record("agent_event", "vscode_terminal", {
            ...tool,
            tool_phase: "end",
            ...commandLine(execution),
            ...(exitCode === undefined ? {} : { exit_code: exitCode }),
            duration_ms: Math.round(performance.now() - started),
          });
        }),
      );
    },
  };
}
