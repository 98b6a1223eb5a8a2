/** Mode local: the capture sources other than the terminal, with their settings. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { writeFileSync } from "node:fs";
import { commands, debug, ShellExecution, Task, TaskGroup, TaskScope, tasks, Uri, window, workspace } from "vscode";
import { eventually, of, type StoredEvent, setting, storedEvents } from "./editor.ts";

/** A unique name, to search for leaks. */
const canary = "canary-5b1f";

function folder(): Uri {
  const [first] = workspace.workspaceFolders ?? [];
  if (first === undefined) throw new Error("no folder is open");
  return first.uri;
}

/** Runs a task and resolves when it has ended. */
async function runTask(line: string): Promise<void> {
  const task = new Task({ type: "shell" }, TaskScope.Workspace, canary, "test", new ShellExecution(line));
  task.group = TaskGroup.Build;
  const ended = new Promise<void>((resolve) => {
    const subscription = tasks.onDidEndTask(({ execution }) => {
      if (execution.task.name !== canary) return;
      subscription.dispose();
      resolve();
    });
  });
  await tasks.executeTask(task);
  await ended;
}

/** Returns the events of Nexus commands. */
const nexusCommands = (events: readonly StoredEvent[]) =>
  of("vscode")(events).filter(({ command_path }) => command_path !== null);

export function sourcesSuite(): void {
  describe("tasks", () => {
    it("records start, end, type, group and exit status of a task, and its name only as a hash", async () => {
      await runTask("exit 3");
      const events = of("vscode_task")(await eventually((stored) => of("vscode_task")(stored).length >= 2));
      const [start, end] = events;
      deepStrictEqual([start?.event_type, start?.phase, start?.status], ["editor_task", "start", null]);
      deepStrictEqual([end?.phase, end?.task_type, end?.task_group], ["end", "shell", "build"]);
      deepStrictEqual([end?.exit_class, end?.status], ["failure", "failed"]);
      ok(Number.isInteger(end?.duration_ms));
      match(String(end?.task_hash), /^[0-9a-f]{32}$/);
      match(String(end?.workspace_hash), /^[0-9a-f]{32}$/);
      ok(!JSON.stringify(events).includes(canary));
    });

    it("stops immediately when its setting is disabled", async () => {
      const before = of("vscode_task")(await storedEvents()).length;
      await setting("nexus.telemetry.capture.tasks", false);
      await runTask("true");
      await setting("nexus.telemetry.capture.tasks", true);
      await runTask("true");
      const events = of("vscode_task")(await eventually((stored) => of("vscode_task")(stored).length >= before + 2));
      strictEqual(events.length, before + 2);
    });
  });

  describe("debug sessions", () => {
    it("records start and end with the public debugger type", async () => {
      const program = Uri.joinPath(folder(), `${canary}.js`).fsPath;
      writeFileSync(program, "");
      const ended = new Promise<void>((resolve) => {
        debug.onDidTerminateDebugSession(({ parentSession }) => parentSession === undefined && resolve());
      });
      strictEqual(
        await debug.startDebugging(undefined, { type: "node", request: "launch", name: canary, program }),
        true,
      );
      await ended;
      const events = of("vscode_debug")(
        await eventually((stored) => of("vscode_debug")(stored).some(({ phase }) => phase === "end")),
      );
      deepStrictEqual([events[0]?.event_type, events[0]?.phase], ["debug_session", "start"]);
      for (const { debugger_type } of events) match(String(debugger_type), /^(pwa-)?node$/);
      ok(Number.isInteger(events.find(({ phase }) => phase === "end")?.duration_ms));
      ok(!JSON.stringify(events).includes(canary));
    });
  });

  describe("editor activity", () => {
    it("records saves per language when capture is disabled", async () => {
      const file = Uri.joinPath(folder(), `${canary}.json`);
      writeFileSync(file.fsPath, "{}");
      const editor = await window.showTextDocument(await workspace.openTextDocument(file));
      for (const text of [" ", "\n"]) {
        await editor.edit((edit) => edit.insert(editor.document.positionAt(0), text));
        await editor.document.save();
      }
      // Disabling the source records its totals.
      await setting("nexus.telemetry.capture.editing", false);
      const activity = (stored: readonly StoredEvent[]) => stored.find(({ language }) => language === "json");
      const event = activity(await eventually((stored) => activity(stored) !== undefined));
      deepStrictEqual([event?.event_type, event?.source, event?.saves], ["editor_activity", "vscode_editor", 2]);
      ok(Number.isInteger(event?.focus_ms));
      await editor.edit((edit) => edit.insert(editor.document.positionAt(0), " "));
      await editor.document.save();
      await setting("nexus.telemetry.capture.editing", true);
      await setting("nexus.telemetry.capture.editing", false);
      await runTask("true");
      const after = await eventually((stored) => of("vscode_task")(stored).length >= 6);
      const saved = after.filter(({ language, saves }) => language === "json" && saves !== 0);
      strictEqual(saved.length, 1);
    });
  });

  describe("Nexus commands", () => {
    it("records name, duration and outcome of a command", async () => {
      await commands.executeCommand("nexus.telemetry.status");
      const events = nexusCommands(await eventually((stored) => nexusCommands(stored).length >= 2));
      deepStrictEqual(
        events.map(({ event_type, command_path, status }) => [event_type, command_path, status]),
        [
          ["command_started", "telemetry status", null],
          ["command_finished", "telemetry status", "ok"],
        ],
      );
      deepStrictEqual(events[1]?.invocation_kind, "vsix");
    });

    it("stops immediately when its setting is disabled", async () => {
      const before = nexusCommands(await storedEvents()).length;
      await setting("nexus.telemetry.capture.commands", false);
      await commands.executeCommand("nexus.telemetry.dashboard");
      await setting("nexus.telemetry.capture.commands", true);
      await commands.executeCommand("nexus.telemetry.log");
      const events = nexusCommands(await eventually((stored) => nexusCommands(stored).length >= before + 2));
      deepStrictEqual(
        events.slice(before).map(({ command_path }) => command_path),
        ["telemetry", "telemetry"],
      );
    });
  });
}
