/**
 * Captures commands in the integrated terminal through shell integration: start, end, duration,
 * exit code. The worker reduces the command line to a public command path. Never reads the output.
 */
import { Disposable, type TerminalShellExecution, TerminalShellExecutionCommandLineConfidence, window } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { CaptureSource } from "./source.ts";

const tool = { stream: "tool", tool_name: "run_terminal_cmd" } as const;

/** Omits a command line of low confidence: guessed from the screen, it may contain output. */
function commandLine({ commandLine: { value, confidence } }: TerminalShellExecution) {
  return confidence === TerminalShellExecutionCommandLineConfidence.Low ? {} : { command_line: value };
}

export function terminalSource(recorder: Recorder): CaptureSource {
  return {
    name: "terminal",
    start() {
      // On the monotonic clock.
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
          // Started before capture did.
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
