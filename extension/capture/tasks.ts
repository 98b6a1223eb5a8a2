/** Tasks of the editor: start, end, public type and group, class of the exit code. The name is hashed in the worker. */
import { Disposable, type Task, type TaskExecution, tasks } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { CaptureSource } from "./source.ts";

function described({ definition, group, name }: Task) {
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
          recorder.record("editor_task", "vscode_task", { phase: "start", ...described(execution.task) });
        }),
        // Told before the end, and only of tasks that are processes.
        tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
          if (exitCode !== undefined) exitCodes.set(execution, exitCode);
        }),
        tasks.onDidEndTask(({ execution }) => {
          const started = startedMs.get(execution);
          // It began before it might be recorded.
          if (started === undefined) return;
          const exit_code = exitCodes.get(execution);
          recorder.record("editor_task", "vscode_task", {
            phase: "end",
            ...described(execution.task),
            ...(exit_code === undefined ? {} : { exit_code }),
            duration_ms: Math.round(performance.now() - started),
          });
        }),
      );
    },
  };
}
