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

/** Adds `--csv`. */
export const withCsv = (command: Command): Command => command.option("--csv", "print CSV");

/** `of`: instead of a default period; "" for none. */
export function withPeriod(command: Command, of?: string): Command {
  const period = of === undefined || of === "" ? "" : `${of}: `;
  return command
    .option("--today", `${period}today`)
    .option("--week", `${period}last 7 days`)
    .option("--month", of === undefined ? "last 30 days (default)" : `${period}last 30 days`)
    .option("--year", `${period}last 12 months`)
    .option("--yesterday", `${period}yesterday`)
    .option("--last <days>", `${period}last days or weeks, such as 14d or 2w`)
    .option("--since <date>", "first day (YYYY-MM-DD, today, yesterday, or 14d for 14 days ago)")
    .option("--until <date>", "last day, inclusive (default: today)")
    .addOption(new Option("--from <date>", "the same as --since").hideHelp())
    .addOption(new Option("--to <date>", "the same as --until").hideHelp());
}

/** Adds the filters of the query model. Each takes one value, or several separated by commas. */
export function withFilters(command: Command): Command {
  const withCommand =
    command.name() === "why"
      ? command
      : command.option("--command <path>", "only a command with its subcommands, such as git");
  return withCommand
    .option("--class <class>", "only a class of commands, such as check")
    .option("--tool <name>", "only a tool, such as edit_file")
    .option("--agent <name>", "only an agent, such as claude_code")
    .option("--model <name>", "only a model, such as claude-opus-5")
    .option("--workspace <name>", "only a workspace: this, its folder, URI or letter, or at least 4 digits of its hash")
    .option("--source <name>", "only a source, such as vscode_terminal")
    .option("--outcome <status>", "only ok, failed, cancelled or unknown")
    .option("--error <category>", "only failures of a category, such as timeout")
    .option("--exit <class>", "only runs with an exit class, such as not_found")
    .option("--server <name>", "only calls of an MCP server")
    .option("--weekhour <hour>", "only an hour of the week, such as '1 14:00' for Mondays from 14:00 to 15:00")
    .option("--role <role>", "only what the main agent (main) or subagents did (subagent)")
    .option("--origin <origin>", "only what was recorded here (live) or imported (import)");
}

/** Adds the options of the query model: grouping, comparison, filters, order and number of rows. */
export function withQuery(command: Command, by: string): Command {
  const grouped = command
    .option("--by <grouping>", `group by ${groupings.join(", ")}${by}`)
    .option("--compare <period>", "show the change against the period before (previous) or a year before (year)");
  return withCsv(
    withFilters(grouped)
      .option("--sort <order>", `order by ${orders}, most first`)
      .option("--limit <n>", "maximum number of rows (default: 20; of times all, or the newest)", parseInteger),
  );
}

const orders = "runs, failed, waiting, time, median, p95, calls, cost or tokens";

/** Returns the commands below a command that have no subcommands. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

export function parseInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a positive whole number.");
  return Number(text);
}

/** An amount of money. */
export function parseAmount(text: string): number {
  const amount = /^\d{1,7}(\.\d{1,2})?$/.test(text) ? Number(text) : 0;
  if (amount <= 0) throw new InvalidArgumentError("It must be a positive amount in US dollars, such as 20 or 7.50.");
  return amount;
}

/** Returns an option that collects every value it is given. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] = []) => [...before, text]);
}

/** Options of a command that imports histories. */
export const withImport = (command: Command): Command =>
  command
    .option("--preview", "show what would be imported and which fields are kept; import nothing")
    .option("--undo", "remove what was imported")
    .option("--include-deleted", "also import periods that you deleted")
    .option("--yes", "skip the prompt");

/** The JSON of such a command. */
export const importedShape = (what: "agent" | "shell"): string =>
  `{version, ${what}s: [{agent, files, bytes, skippedLines, unreadable, isCut, responses, inexact, tools, firstMs, lastMs, untilMs, waiting, deleted, deletedUntilMs, importedMs}], imported: [{agent, added, replaced, known, live, skipped, refused}]}; imported is null with --preview; with --undo {version, undone: [{agent, events, searched, copies}]}`;
