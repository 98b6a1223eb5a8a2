/** Captures tasks: start, end, public type and group, exit code. The worker hashes their names. */
import { Disposable, type Task, type TaskExecution, tasks } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { CaptureSource } from "./source.ts";

function taskFields({ definition, group, name }: Task) {
  return { task_type: definition.type, task_group: group?.id ?? "none", task: name };
}

export function taskSource(recorder: Recorder): CaptureSource {
  return {
    name: "tasks",
    start() {
      const startedMs = new WeakMap<TaskExecution, number>();
      const exitCodes = new WeakMap<TaskExecution, number>();
      return Disposable.from(
        tasks.onDidStartTask(({ execution }) => {
          startedMs.set(execution, performance.now());
          recorder.record("editor_task", "vscode_task", { phase: "start", ...taskFields(execution.task) });
        }),
        // VS Code reports it before the end, and only for tasks with a process.
        tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
          if (exitCode !== undefined) exitCodes.set(execution, exitCode);
        }),
        tasks.onDidEndTask(({ execution }) => {
          const started = startedMs.get(execution);
          // Started before capture did.
          if (started === undefined) return;
          const exit_code = exitCodes.get(execution);
          recorder.record("editor_task", "vscode_task", {
            phase: "end",
            ...taskFields(execution.task),
            ...(exit_code === undefined ? {} : { exit_code }),
            duration_ms: Math.round(performance.now() - started),
          });
        }),
      );
    },
  };
}
