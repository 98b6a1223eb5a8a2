/** The vocabulary of public commands. A program's subcommands are parsed on first use. */
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { other } from "./platform.ts";

const programs = new Map<string, string>(Object.entries(commands.programs));
const subcommands = new Map<string, ReadonlySet<string>>();

export function isProgram(word: string): boolean {
  return programs.has(word);
}

/** Returns whether `path` ("remote add") is a public subcommand of `program`. */
export function isSubcommand(program: string, path: string): boolean {
  let paths = subcommands.get(program);
  if (paths === undefined) {
    const list = programs.get(program);
    // Words outside the vocabulary are never cached.
    if (list === undefined) return false;
    paths = new Set(list.split("|"));
    subcommands.set(program, paths);
  }
  return paths.has(path);
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
