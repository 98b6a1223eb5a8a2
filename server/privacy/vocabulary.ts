/** The closed lists that a stored word must be on. Loaded once; a program's subcommands are split when first asked for. */
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { other } from "./platform.ts";

const programs = new Map<string, string>(Object.entries(commands.programs));
const subcommands = new Map<string, ReadonlySet<string>>();

export function isProgram(word: string): boolean {
  return programs.has(word);
}

/** Whether `path` ("remote add") is a public subcommand of `program`. */
export function isSubcommand(program: string, path: string): boolean {
  let known = subcommands.get(program);
  if (known === undefined) {
    const list = programs.get(program);
    // Nothing is remembered of a word that is on no list.
    if (list === undefined) return false;
    known = new Set(list.split("|"));
    subcommands.set(program, known);
  }
  return known.has(path);
}

/** Tools of Nexus name their own commands without the program: `status`, `skills search` (usage aggregation). */
const ownProgram = "nexus";

/** A program with its subcommands, a command of Nexus's own, or `other`. */
export function isCommandPath(path: string): boolean {
  if (path === other || isSubcommand(ownProgram, path)) return true;
  const space = path.indexOf(" ");
  return space === -1 ? isProgram(path) : isSubcommand(path.slice(0, space), path.slice(space + 1));
}

/** More words no public command has. */
const maxWords = 4;

/** The command that a writer names: the longest beginning that is a command path; what follows is an argument. */
export function namedCommand(name: string): string {
  const words = name.slice(0, 256).trim().split(/\s+/, maxWords);
  for (let length = words.length; length > 0; length -= 1) {
    const path = words.slice(0, length).join(" ");
    if (isCommandPath(path)) return path;
  }
  return other;
}
