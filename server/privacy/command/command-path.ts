/**
 * Converts a command line to a command path: a public program and its subcommands, such as `git
 * commit`, or `other`. The result consists only of vocabulary values, so no argument, path or
 * user-defined name can pass, even if the line is parsed incorrectly.
 */

import { other } from "../platform.ts";
import { lineCommand } from "./line-command.ts";

export function commandPath(line: string): string {
  return lineCommand(line).path ?? other;
}
