/** `nexus completion`: prints a completion script for a shell. */
import type { Command } from "commander";
import { completionScript } from "../output/completion-scripts.ts";
import { print } from "../output/print.ts";
import type { Shell } from "../output/shells.ts";

export function run(shell: Shell, _options: object, command: Command): void {
  print(completionScript(rootOf(command), shell));
}

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));
