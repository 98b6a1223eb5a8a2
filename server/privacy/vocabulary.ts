/** The closed lists that a stored word must be on. Loaded once; a program's subcommands are split when first asked for. */
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { canonicalTools, customTool } from "../../shared/vocabulary/tools.ts";

/** The word for everything that is on no list. */
export const other = "other";

const programs = new Map<string, string>(Object.entries(commands.programs));
const subcommands = new Map<string, ReadonlySet<string>>();

export function isProgram(word: string): boolean {
  return programs.has(word);
}

/** Whether `path` ("remote add") is a public subcommand of `program`. */
export function isSubcommand(program: string, path: string): boolean {
  let known = subcommands.get(program);
  if (known === undefined) {
    known = new Set(programs.get(program)?.split("|"));
    subcommands.set(program, known);
  }
  return known.has(path);
}

export function isCommandPath(path: string): boolean {
  if (path === other) return true;
  const space = path.indexOf(" ");
  return space === -1 ? isProgram(path) : isSubcommand(path.slice(0, space), path.slice(space + 1));
}

const canonicalNames = new Map<string, string>(
  Object.entries(canonicalTools).flatMap(([canonical, names]) => names.map((name) => [name, canonical] as const)),
);

/** The canonical name of a tool, or `custom`. */
export function canonicalTool(name: string): string {
  return canonicalNames.get(name) ?? customTool;
}

export function isToolName(name: string): boolean {
  return name === customTool || Object.hasOwn(canonicalTools, name);
}
