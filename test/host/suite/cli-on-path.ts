/** The `nexus` command in VS Code's terminals: added and removed by the user. */
import { match, notStrictEqual, ok, strictEqual } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "vscode";
import { home, openTerminal, runInTerminal } from "./editor.ts";

const toggle = () => commands.executeCommand("nexus.telemetry.terminal");

/** Runs a command line in a new terminal and returns its output and exit code. */
async function outputInNewTerminal(line: string, name: string): Promise<string> {
  const file = join(home, name);
  const { terminal, shell } = await openTerminal();
  await runInTerminal(shell, `${line} > ${file} 2>&1; echo "ended with $?" >> ${file}`);
  terminal.dispose();
  ok(existsSync(file));
  return readFileSync(file, "utf8");
}

export function cliOnPathSuite(): void {
  describe("nexus command in PATH", () => {
    it("runs on VS Code's executable after it is added, and is not found after it is removed", async () => {
      match(await outputInNewTerminal("nexus --version", "before"), /ended with 127/);
      await toggle();
      const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
      const output = await outputInNewTerminal("nexus --version", "with");
      strictEqual(output, `${version}\nended with 0\n`);
      // Programs that it starts do not inherit ELECTRON_RUN_AS_NODE.
      strictEqual(await outputInNewTerminal("nexus run -- printenv ELECTRON_RUN_AS_NODE", "run"), "ended with 1\n");
      await toggle();
      notStrictEqual(await outputInNewTerminal("nexus --version", "after"), output);
    });
  });
}
