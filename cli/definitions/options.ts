/** What commands have in common: options, checks of arguments, examples, and the shape of what `--json` prints. */
import { type Command, InvalidArgumentError, Option } from "commander";

const shapes = new WeakMap<Command, string>();
const examples = new WeakMap<Command, readonly string[]>();

/** Adds `--json`, and says what it prints. Every shape but exact bytes has a `version`, which changes when the shape does. */
export function withJson(command: Command, shape: string): Command {
  shapes.set(command, shape);
  return command.option("--json", "print JSON instead of text");
}

export const shapeOf = (command: Command): string | undefined => shapes.get(command);

/** Adds examples under the help. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines);
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

export const examplesOf = (command: Command): readonly string[] => examples.get(command) ?? [];

export function withPeriod(command: Command): Command {
  return command
    .option("--today", "of today")
    .option("--week", "of the last 7 days")
    .option("--month", "of the last 30 days (the default)")
    .option("--year", "of the last 12 months")
    .option("--from <day>", "from a day, as 2026-01-31")
    .option("--to <day>", "to a day, which counts too (today where it is left out)");
}

/** The commands that do something, of a tree. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

export function parseInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

/** An option that may be given again and again. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] = []) => [...before, text]);
}
