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
    if (word.startsWith("-") && subcommand(program, path, word) === undefined) {
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
  sbt: (parts) => parts.slice(-1),
};

/** Words of a script's name that only say what the action before or after them is about. */
const nouns = new Set("android doc docs ios package prod production storybook types".split(" "));

/** `test:watch` watches; `docs:dev` serves; `build:dev` builds. */
const precedence = (word: string) => (word === "watch" ? 0 : nouns.has(word) ? 2 : 1);

/** Returns the public part of a script's name: `test:unit` → `test`, `:app:assembleDebug` → `assemble`. */
function publicScript(program: string, name: string, isPublic: (word: string) => boolean): string | undefined {
  // `spring-boot:run`, `db:migrate`: a task with its namespace may be public.
  if (name.includes(":") && isPublic(name)) return name;
  const own = Object.hasOwn(taskParts, program) ? taskParts[program] : undefined;
  const parts = name.split(program === "sbt" ? /[:/]/ : ":");
  const found = (own === undefined ? parts : own(parts)).flatMap((part) => {
    const head = program === "sbt" ? undefined : /^[a-z]+(?=[A-Z])/.exec(part)?.[0];
    return [part, head ?? "", part.toLowerCase()].find(isPublic) ?? [];
  });
  return found.sort((a, b) => precedence(a) - precedence(b))[0];
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
    // `sbt "testOnly …"`
    const word = program === "sbt" ? ((words[at] ?? "").split(" ", 1)[0] ?? "") : (words[at] ?? "");
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
