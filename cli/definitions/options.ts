/**
 * Shared parts of command definitions: options, argument parsers, examples, and the documented
 * shape of `--json` output.
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import { groupings } from "../../shared/protocol/query.ts";

const shapes = new WeakMap<Command, string>();
const examples = new WeakMap<Command, readonly string[]>();

/**
 * Adds `--json` and documents the shape of its output. Every shape except exact bytes has a
 * `version`, which increases when the shape changes.
 */
export function withJson(command: Command, shape: string): Command {
  shapes.set(command, shape);
  return command.option("--json", "print JSON");
}

export const shapeOf = (command: Command): string | undefined => shapes.get(command);

/** Adds examples below the help text. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines);
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

export const examplesOf = (command: Command): readonly string[] => examples.get(command) ?? [];

/** `of`: instead of a default period. */
export function withPeriod(command: Command, of?: string): Command {
  const period = of === undefined ? "" : `${of}: `;
  return command
    .option("--today", `${period}today`)
    .option("--week", `${period}last 7 days`)
    .option("--month", of === undefined ? "last 30 days (default)" : `${period}last 30 days`)
    .option("--year", `${period}last 12 months`)
    .option("--yesterday", `${period}yesterday`)
    .option("--last <days>", `${period}last days or weeks, such as 14d or 2w`)
    .option("--from <date>", "first day (YYYY-MM-DD)")
    .option("--to <date>", "last day, inclusive (YYYY-MM-DD; default: today)");
}

/** Adds the options of the query model: grouping, filters, order and number of rows. */
export function withQuery(command: Command, by: string): Command {
  return command
    .option("--by <grouping>", `group by ${groupings.join(", ")}${by}`)
    .option("--command <path>", "only a command with its subcommands, such as git")
    .option("--class <class>", "only a class of commands, such as check")
    .option("--tool <name>", "only a tool, such as edit_file")
    .option("--agent <name>", "only an agent, such as claude_code")
    .option("--model <name>", "only a model, such as claude-opus-5")
    .option("--source <name>", "only a source, such as vscode_terminal")
    .option("--outcome <status>", "only ok, failed or cancelled")
    .option("--origin <origin>", "only what was recorded here (live) or imported (import)")
    .option("--sort <order>", "order by runs, failed, waiting, median, calls, cost or tokens, most first")
    .option("--limit <n>", "maximum number of rows (default: 20; times are never cut)", parseInteger);
}

/** Returns the commands below a command that have no subcommands. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

export function parseInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a positive whole number.");
  return Number(text);
}

/** Returns an option that collects every value it is given. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] = []) => [...before, text]);
}
