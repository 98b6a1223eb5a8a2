/** Mode off, as after installing: nothing may come into being. */
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
  "log",
  "purge",
  "status",
  "sync",
  "terminal",
];

export function offSuite(): void {
  describe("invariant: off-means-nothing", () => {
    it("activates after start-up, without being asked", async () => {
      // Nothing announces an activation; each turn of the loop lets the editor get on.
      while (!extension().isActive) await new Promise((resolve) => setTimeout(resolve));
      strictEqual(extension().packageJSON.activationEvents.join(), "onStartupFinished");
    });

    it("offers its commands", async () => {
      const offered = (await commands.getCommands(true)).filter((name) => name.startsWith("nexus.telemetry."));
      deepStrictEqual(
        offered.sort(),
        paletteCommands.map((name) => `nexus.telemetry.${name}`),
      );
    });

    it("loads neither the faces nor the client library", () => {
      deepStrictEqual(
        Object.keys(require.cache).filter((file) => /(faces|worker-client)\.cjs$/.test(file)),
        [],
      );
    });

    it("captures nothing, starts nothing and writes nothing when a command runs", async () => {
      const { terminal, shell } = await openTerminal();
      await runInTerminal(shell, "true");
      terminal.dispose();
      deepStrictEqual(workerPids(), []);
      ok(!existsSync(join(home, "nexus")));
      ok(!existsSync(join(home, ".config", "nexus")));
    });

    it("starts no worker for looking at the page before the first decision", async () => {
      await commands.executeCommand("nexus.telemetry.dashboard");
      await commands.executeCommand("nexus.telemetry.enable");
      deepStrictEqual(workerPids(), []);
      ok(!existsSync(join(home, "nexus")));
    });
  });
}
