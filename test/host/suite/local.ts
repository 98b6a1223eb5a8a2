/** Mode local: terminal capture, settings, and a crash of the worker. */

import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { env, type Terminal, type TerminalShellIntegration } from "vscode";
import { eventually, home, of, openTerminal, runInTerminal, setting, storedEvents, workerPids } from "./editor.ts";

const inTerminal = of("vscode_terminal");

const terminalEvents = async () => inTerminal(await storedEvents());

/** Waits for at least `count` terminal events and returns all of them. */
const waitForTerminalEvents = async (count: number) =>
  inTerminal(await eventually((stored) => inTerminal(stored).length >= count));

export function localSuite(): void {
  let terminal: Terminal;
  let shell: TerminalShellIntegration;

  before(async () => {
    ({ terminal, shell } = await openTerminal());
  });
  after(() => terminal.dispose());

  describe("terminal capture", () => {
    it("records start, end, duration and exit status of a command", async () => {
      await runInTerminal(shell, "ls /nowhere/at/all");
      const events = await waitForTerminalEvents(2);
      const [start, end] = events;
      strictEqual(start?.tool_phase, "start");
      strictEqual(start.status, null);
      deepStrictEqual([end?.tool_name, end?.tool_phase, end?.command_path], ["run_terminal_cmd", "end", "ls"]);
      deepStrictEqual([end?.exit_class, end?.status, end?.source], ["failure", "failed", "vscode_terminal"]);
      ok(Number.isInteger(end?.duration_ms));
      deepStrictEqual([start.seq, end?.seq], [1, 2]);
    });

    it("records a successful command", async () => {
      await runInTerminal(shell, "git --version");
      const events = await waitForTerminalEvents(4);
      deepStrictEqual([events[3]?.command_path, events[3]?.exit_class], ["git", "success"]);
    });

    it("stops immediately when its setting is disabled, and resumes when it is enabled", async () => {
      await setting("nexus.telemetry.capture.terminal", false);
      await runInTerminal(shell, "pwd");
      await setting("nexus.telemetry.capture.terminal", true);
      await runInTerminal(shell, "true");
      const events = await waitForTerminalEvents(6);
      deepStrictEqual(
        events.map(({ command_path }) => command_path).filter((path) => path === "pwd"),
        [],
      );
    });
  });

  describe("invariant: never-lost-never-twice", () => {
    it("loses no event when the worker is killed", async () => {
      const before = (await terminalEvents()).length;
      const [pid = 0] = workerPids();
      process.kill(pid, "SIGKILL");
      for (const line of ["echo 1", "echo 2", "echo 3"]) await runInTerminal(shell, line);
      const events = await waitForTerminalEvents(before + 6);
      strictEqual(events.length, before + 6);
      strictEqual(new Set(events.map(({ event_id }) => event_id)).size, events.length);
      deepStrictEqual(
        events.map(({ seq }) => seq),
        events.map((_, index) => index + 1),
      );
      notStrictEqual(workerPids()[0], pid);
    });
  });

  describe("invariant: only-you-can-say-yes", () => {
    it("captures nothing while nexus.telemetry.enabled is false", async () => {
      const before = (await terminalEvents()).length;
      await setting("nexus.telemetry.enabled", false);
      await runInTerminal(shell, "pwd");
      await setting("nexus.telemetry.enabled", true);
      await runInTerminal(shell, "true");
      const events = await waitForTerminalEvents(before + 2);
      deepStrictEqual(
        events.slice(before).map(({ command_path }) => command_path),
        ["true", "true"],
      );
    });

    it("continues local recording when VS Code's telemetry is off", async () => {
      const before = (await terminalEvents()).length;
      const changed = new Promise((resolve) => env.onDidChangeTelemetryEnabled(resolve));
      await setting("telemetry.telemetryLevel", "off");
      strictEqual(await changed, false);
      await runInTerminal(shell, "true");
      await waitForTerminalEvents(before + 2);
      await setting("telemetry.telemetryLevel", undefined);
    });

    it("stops recording and the worker when consent is withdrawn elsewhere", async () => {
      const before = (await terminalEvents()).length;
      const withdrawal = { ts: new Date().toISOString(), mode: "off", collect: [], notice: { version: "1" } };
      appendFileSync(join(home, ".config", "nexus", "consent.jsonl"), `${JSON.stringify(withdrawal)}\n`);
      await runInTerminal(shell, "true");
      // Awaiting lets the extension host continue.
      while (workerPids().length > 0) await terminalEvents();
      strictEqual((await terminalEvents()).length, before);
    });
  });
}
