/** Mode off, as after installation: no process and no file may be created. */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { commands } from "vscode";
import { extension, home, openTerminal, runInTerminal, workerPids } from "./editor.ts";

const paletteCommands = [
  "agents",
  "dashboard",
  "disable",
  "enable",
  "export",
  "help",
  "import",
  "log",
  "purge",
  "status",
  "sync",
  "terminal",
];

export function offSuite(): void {
  describe("invariant: off-means-nothing", () => {
    it("activates after start-up", async () => {
      // There is no activation event to wait for.
      while (!extension().isActive) await new Promise((resolve) => setTimeout(resolve));
      strictEqual(extension().packageJSON.activationEvents.join(), "onStartupFinished");
    });

    it("registers its commands", async () => {
      // VS Code adds commands to a view, such as `nexus.telemetry.today.focus`.
      const registered = (await commands.getCommands(true)).filter(
        (name) => name.startsWith("nexus.telemetry.") && !name.startsWith("nexus.telemetry.today."),
      );
      deepStrictEqual(
        registered.sort(),
        paletteCommands.map((name) => `nexus.telemetry.${name}`),
      );
    });

    it("loads neither the UI nor the client library", () => {
      deepStrictEqual(
        Object.keys(require.cache).filter((file) => /[\\/](ui|worker-client)\.cjs$/.test(file)),
        [],
      );
    });

    it("starts no worker and writes no file when a terminal command runs", async () => {
      const { terminal, shell } = await openTerminal();
      await runInTerminal(shell, "true");
      terminal.dispose();
      deepStrictEqual(workerPids(), []);
      ok(!existsSync(join(home, "nexus")));
      ok(!existsSync(join(home, ".config", "nexus")));
    });

    it("starts no worker when the dashboard opens before the first choice", async () => {
      await commands.executeCommand("nexus.telemetry.dashboard");
      await commands.executeCommand("nexus.telemetry.enable");
      deepStrictEqual(workerPids(), []);
      ok(!existsSync(join(home, "nexus")));
    });
  });
}
