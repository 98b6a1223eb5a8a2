/** The `nexus` command in the editor's terminals: there where it was asked for, and gone again. */
import { match, notStrictEqual, ok, strictEqual } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "vscode";
import { home, openTerminal, runInTerminal } from "./editor.ts";

const toggle = () => commands.executeCommand("nexus.telemetry.terminal");

/** What a command line prints in a new terminal, and how it ends. */
async function inNewTerminal(line: string, name: string): Promise<string> {
  const file = join(home, name);
  const { terminal, shell } = await openTerminal();
  await runInTerminal(shell, `${line} > ${file} 2>&1; echo "ended with $?" >> ${file}`);
  terminal.dispose();
  ok(existsSync(file));
  return readFileSync(file, "utf8");
}

export function cliOnPathSuite(): void {
  describe("the command on the terminal's PATH", () => {
    it("runs on the editor's own executable once it was asked for, and is gone when it is taken off", async () => {
      match(await inNewTerminal("nexus --version", "before"), /ended with 127/);
      await toggle();
      const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
      const printed = await inNewTerminal("nexus --version", "with");
      strictEqual(printed, `${version}\nended with 0\n`);
      // What it starts is not told to be Node.
      strictEqual(await inNewTerminal("nexus run -- printenv ELECTRON_RUN_AS_NODE", "run"), "ended with 1\n");
      await toggle();
      notStrictEqual(await inNewTerminal("nexus --version", "after"), printed);
    });
  });
}
