/** Follows the words of a command to its public subcommands, past options and their values. */

import { scriptRunners, scriptWords } from "../../../shared/vocabulary/script-words.ts";
import { evaluated } from "../shell/reader.ts";
import { hasSubcommands, isSubcommand, optionKind } from "../vocabulary.ts";

export interface SubcommandPath {
  /** The program and its subcommands. */
  readonly path: string;
  /** Index of the first word that is not part of it. */
  readonly next: number;
}

const assignment = /^[A-Za-z_][\w.-]*[:?+]?=/;

export function subcommandPath(words: readonly string[], from: number, program: string): SubcommandPath {
  let path = "";
  let next = from;
  let afterUnknownOption = false;
  for (let at = from; at < words.length; at += 1) {
    if (!hasSubcommands(program, path)) break;
    const word = words[at] ?? "";
    if (word === "--") break;
    if (word.startsWith("-")) {
      const equals = word.indexOf("=");
      const kind = equals === -1 ? optionKind(program, path, word) : "flag";
      if (kind === "valued") at += 1;
      afterUnknownOption = kind === "unknown";
      continue;
    }
    const longer = subcommand(program, path, word);
    if (longer !== undefined && !(afterUnknownOption && isFollowedBySubcommand(words, at + 1, program, path))) {
      path = longer;
      next = at + 1;
      afterUnknownOption = false;
    } else if (afterUnknownOption) afterUnknownOption = false;
    else if (!(path === "" && word.startsWith("+"))) break;
  }
  const full = path === "" ? program : `${program} ${path}`;
  return withScript(words, next, program, full);
}

/** Returns the longer path below `program`; `undefined` if the word is not a public subcommand. */
function subcommand(program: string, path: string, word: string): string | undefined {
  if (word.includes(evaluated)) return undefined;
  const longer = path === "" ? word : `${path} ${word}`;
  return isSubcommand(program, longer) ? longer : undefined;
}

/** Whether the next word that is no option is a subcommand too: then the one before it is a value. */
function isFollowedBySubcommand(words: readonly string[], from: number, program: string, path: string): boolean {
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return false;
    if (word.startsWith("-")) {
      if (!word.includes("=") && optionKind(program, path, word) === "valued") at += 1;
      continue;
    }
    return subcommand(program, path, word) !== undefined;
  }
  return false;
}

const publicScripts = new Set(scriptWords);

/** Tools whose names put the project before the task: `:app:assembleDebug`, `web:serve:production`. */
const taskParts: Readonly<Record<string, (parts: readonly string[]) => readonly string[]>> = {
  gradle: (parts) => parts.slice(-1),
  gradlew: (parts) => parts.slice(-1),
  nx: (parts) => parts.slice(1, 2),
};

/** Returns the public part of a script's name: `test:unit` → `test`, `:app:assembleDebug` → `assemble`. */
function publicScript(program: string, name: string, isPublic: (word: string) => boolean): string | undefined {
  const parts = name.split(":");
  const own = Object.hasOwn(taskParts, program) ? taskParts[program] : undefined;
  for (const part of own === undefined ? parts : own(parts)) {
    if (isPublic(part)) return part;
    const head = /^[a-z]+(?=[A-Z])/.exec(part)?.[0];
    if (head !== undefined && isPublic(head)) return head;
  }
  return undefined;
}

/** Adds the public name of the script or target that the command runs. */
function withScript(words: readonly string[], from: number, program: string, path: string): SubcommandPath {
  const runner = Object.hasOwn(scriptRunners, path) ? path : program;
  const way = Object.hasOwn(scriptRunners, runner) ? scriptRunners[runner] : undefined;
  // `make test install` has found `test` already; the last target counts.
  if (way === undefined || (runner !== path && way !== "last")) return { path, next: from };
  const below = runner.slice(program.length + 1);
  const isPublic = (word: string) =>
    (publicScripts.has(word) || way === "last") && isSubcommand(program, below === "" ? word : `${below} ${word}`);
  let found: string | undefined;
  let next = from;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") break;
    if (word.startsWith("-")) {
      if (!word.includes("=") && optionKind(program, below, word) === "valued") at += 1;
      continue;
    }
    if (way === "last" && assignment.test(word)) continue;
    const script = publicScript(program, word, isPublic);
    if (script !== undefined) {
      found = script;
      next = at + 1;
    }
    if (way === "one") break;
  }
  return { path: found === undefined ? path : `${runner} ${found}`, next };
}
