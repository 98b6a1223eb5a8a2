/** `nexus completion`: a script that completes commands and options. */
import type { Command } from "commander";
import { completionScript } from "../completion-scripts.ts";
import { print } from "../print.ts";
import type { Shell } from "../shells.ts";

export function run(shell: Shell, _options: object, command: Command): void {
  print(completionScript(rootOf(command), shell));
}

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));
