/** The vocabulary of public commands. A program's subcommands and options are parsed on first use. */
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { other } from "./platform.ts";

const programs = new Map<string, string>(Object.entries(commands.programs));
const aliases = new Map<string, string>(Object.entries(commands.aliases));
const options = new Map<string, string>(Object.entries(commands.options));

interface Subcommands {
  readonly paths: ReadonlySet<string>;
  /** Paths that have longer ones; the empty path if there are any. */
  readonly groups: ReadonlySet<string>;
}

const none: Subcommands = { paths: new Set(), groups: new Set() };
const subcommands = new Map<string, Subcommands>();

export function isProgram(word: string): boolean {
  return programs.has(word);
}

function subcommandsOf(program: string): Subcommands {
  const cached = subcommands.get(program);
  if (cached !== undefined) return cached;
  const list = programs.get(program);
  // Words outside the vocabulary are never cached.
  if (list === undefined) return none;
  const paths = list === "" ? [] : list.split("|");
  const groups = paths.map((path) => path.slice(0, Math.max(0, path.lastIndexOf(" "))));
  const parsed = { paths: new Set(paths), groups: new Set(groups) };
  subcommands.set(program, parsed);
  return parsed;
}

/** Returns whether `path` ("remote add") is a public subcommand of `program`. */
export function isSubcommand(program: string, path: string): boolean {
  return subcommandsOf(program).paths.has(path);
}

/** Returns whether there are public subcommands below `path`, which is empty for the program. */
export function hasSubcommands(program: string, path: string): boolean {
  return subcommandsOf(program).groups.has(path);
}

/** Returns the cmdlet of a public PowerShell alias. */
export function aliasOf(word: string): string | undefined {
  return aliases.get(word);
}

interface Options {
  readonly valued: ReadonlySet<string>;
  readonly flags: ReadonlySet<string>;
}

const parsedOptions = new Map<string, Options>();

function optionsOf(command: string): Options | undefined {
  const cached = parsedOptions.get(command);
  if (cached !== undefined) return cached;
  const list = options.get(command);
  if (list === undefined) return undefined;
  const [valued = "", flags = ""] = list.split("|");
  const parsed = { valued: new Set(valued.split(" ")), flags: new Set(flags.split(" ")) };
  parsedOptions.set(command, parsed);
  return parsed;
}

/** Whether an option that precedes a subcommand takes a value: `-n` of `kubectl -n prod get`. */
export function optionKind(program: string, path: string, option: string): "valued" | "flag" | "unknown" {
  for (const command of path === "" ? [program] : [`${program} ${path}`, program]) {
    const known = optionsOf(command);
    if (known?.valued.has(option) === true) return "valued";
    if (known?.flags.has(option) === true) return "flag";
  }
  return option.startsWith("--no-") ? "flag" : "unknown";
}

/** Nexus tools name commands without the program: `status`, `skills search` (usage aggregation). */
const nexusProgram = "nexus";

/** Accepts a program with subcommands, a Nexus command without the program, and `other`. */
export function isCommandPath(path: string): boolean {
  if (path === other || isSubcommand(nexusProgram, path)) return true;
  const space = path.indexOf(" ");
  return space === -1 ? isProgram(path) : isSubcommand(path.slice(0, space), path.slice(space + 1));
}

/** Longest public command path. */
const maxWords = 4;

/** Returns the longest prefix that is a command path; the rest is arguments. */
export function namedCommand(name: string): string {
  const words = name.slice(0, 256).trim().split(/\s+/, maxWords);
  for (let length = words.length; length > 0; length -= 1) {
    const path = words.slice(0, length).join(" ");
    if (isCommandPath(path)) return path;
  }
  return other;
}
