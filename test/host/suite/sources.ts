/** Mode local: the sources beside the terminal, each with its setting. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { writeFileSync } from "node:fs";
import { commands, debug, ShellExecution, Task, TaskGroup, TaskScope, tasks, Uri, window, workspace } from "vscode";
import { eventually, of, type StoredEvent, setting, storedEvents } from "./editor.ts";

/** A name that would be found anywhere. */
const canary = "canary-5b1f";

function folder(): Uri {
  const [first] = workspace.workspaceFolders ?? [];
  if (first === undefined) throw new Error("no folder is open");
  return first.uri;
}

/** Runs a task of the editor and resolves when it has ended. */
async function runTask(line: string): Promise<void> {
  const task = new Task({ type: "shell" }, TaskScope.Workspace, canary, "test", new ShellExecution(line));
  task.group = TaskGroup.Build;
  const ended = new Promise<void>((resolve) => {
    const listening = tasks.onDidEndTask(({ execution }) => {
      if (execution.task.name !== canary) return;
      listening.dispose();
      resolve();
    });
  });
  await tasks.executeTask(task);
  await ended;
}

/** Runs of the product's own commands. */
const own = (events: readonly StoredEvent[]) =>
  of("vscode")(events).filter(({ command_path }) => command_path !== null);

export function sourcesSuite(): void {
  describe("tasks", () => {
    it("records start and end, type, group and class of the exit code; the name only as a hash", async () => {
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

    it("stops at once when its setting says so", async () => {
      const before = of("vscode_task")(await storedEvents()).length;
      await setting("nexus.telemetry.capture.tasks", false);
      await runTask("true");
      await setting("nexus.telemetry.capture.tasks", true);
      await runTask("true");
      const events = of("vscode_task")(await eventually((stored) => of("vscode_task")(stored).length >= before + 2));
      strictEqual(events.length, before + 2);
    });
  });

  describe("debugging", () => {
    it("records start and end of a session by the public type of its debugger", async () => {
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

  describe("editing", () => {
    it("records saves by language, when its sum is closed", async () => {
      const file = Uri.joinPath(folder(), `${canary}.json`);
      writeFileSync(file.fsPath, "{}");
      const editor = await window.showTextDocument(await workspace.openTextDocument(file));
      for (const text of [" ", "\n"]) {
        await editor.edit((edit) => edit.insert(editor.document.positionAt(0), text));
        await editor.document.save();
      }
      // A source that is switched off closes its sum.
      await setting("nexus.telemetry.capture.editing", false);
      const sum = (stored: readonly StoredEvent[]) => stored.find(({ language }) => language === "json");
      const event = sum(await eventually((stored) => sum(stored) !== undefined));
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

  describe("the product's own commands", () => {
    it("records which one was used, how long, and how it ended", async () => {
      await commands.executeCommand("nexus.telemetry.status");
      const events = own(await eventually((stored) => own(stored).length >= 2));
      deepStrictEqual(
        events.map(({ event_type, command_path, status }) => [event_type, command_path, status]),
        [
          ["command_started", "telemetry status", null],
          ["command_finished", "telemetry status", "ok"],
        ],
      );
      deepStrictEqual(events[1]?.invocation_kind, "vsix");
    });

    it("stops at once when its setting says so", async () => {
      const before = own(await storedEvents()).length;
      await setting("nexus.telemetry.capture.commands", false);
      await commands.executeCommand("nexus.telemetry.dashboard");
      await setting("nexus.telemetry.capture.commands", true);
      await commands.executeCommand("nexus.telemetry.log");
      const events = own(await eventually((stored) => own(stored).length >= before + 2));
      deepStrictEqual(
        events.slice(before).map(({ command_path }) => command_path),
        ["telemetry", "telemetry"],
      );
    });
  });
}
