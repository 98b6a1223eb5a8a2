/** Resolves the words of one command to a public command path, through the programs that wrap it. */

import { evaluated } from "../shell/reader.ts";
import { optionKind } from "../vocabulary.ts";
import { interpretedProgram } from "./interpreted.ts";
import type { LineCommand } from "./line-command.ts";
import { moduleCommand } from "./modules.ts";
import { optionSet } from "./option-set.ts";
import { isInstalledProgram, packageProgram } from "./packages.ts";
import { cmdletOf, programName } from "./program-name.ts";
import { setsScene } from "./scene.ts";
import { isSession, shells } from "./sessions.ts";
import { subcommandPath } from "./subcommands.ts";
import { type Wrapper, wrappers } from "./wrappers.ts";

export interface Resolved {
  /** `undefined`: the program is not public. */
  readonly path: string | undefined;
  /** It only sets the scene for another command. */
  readonly isScene: boolean;
  /** The line that it hands to a shell. */
  readonly inner: LineCommand | undefined;
  readonly repeats: boolean;
  /** It waits for the user: `python` without a file. */
  readonly isSession: boolean;
}

type ReadLine = (line: string) => LineCommand;

/** An assignment before a command, in a POSIX shell or PowerShell. */
const assignment = new RegExp(`^(?:[A-Za-z_][A-Za-z0-9_]*(?:\\[[^\\]]*\\])?\\+?=|${evaluated}=)`);
const assignmentSigns = new Set(["=", "+=", "??="]);
/** Conditions of cmd's `if`, with the number of words they take. */
const conditions: Readonly<Record<string, number>> = { exist: 2, defined: 2, errorlevel: 2 };

const scene: Resolved = { path: undefined, isScene: true, inner: undefined, repeats: false, isSession: false };
const unknown: Resolved = { ...scene, isScene: false };

export function resolveCommand(words: readonly string[], ownNames: ReadonlySet<string>, readLine: ReadLine): Resolved {
  let at = commandStart(words);
  const first = words[at];
  if (first === undefined) return scene;
  if (ownNames.has(first)) return unknown;
  if (first === evaluated && assignmentSigns.has(words[at + 1] ?? "")) {
    // PowerShell keeps the output of the command: `$x = git rev-parse HEAD`.
    at = commandStart(words, at + 2);
    const { path } = resolveWords(words, at, ownNames, readLine);
    return path === undefined ? scene : { ...unknown, path };
  }
  if (setsScene(first)) return { ...scene, path: programName(first.slice(first.startsWith("@") ? 1 : 0)) };
  return resolveWords(words, at, ownNames, readLine);
}

/** Returns the index of the first word after assignments and cmd's conditions. */
function commandStart(words: readonly string[], from = 0): number {
  let at = from;
  while (assignment.test(words[at] ?? "")) at += 1;
  const word = (words[at] ?? "").toLowerCase();
  if (word.includes("==")) return at + 1;
  const taken = Object.hasOwn(conditions, word) ? conditions[word] : undefined;
  return taken !== undefined && words.length > at + taken ? at + taken : at;
}

/** A parameter of PowerShell: `-Recurse`. */
const isParameter = (word: string) => /^-[A-Z][A-Za-z]+$/.test(word);

function resolveWords(
  words: readonly string[],
  from: number,
  ownNames: ReadonlySet<string>,
  readLine: ReadLine,
): Resolved {
  const first = words[from];
  if (first === undefined || first.includes(`${evaluated}${evaluated}`) || ownNames.has(first)) return unknown;
  const named = cmdletOf(first, () => words.some(isParameter)) ?? programName(first);
  // The launcher of Python on Windows.
  const program = named === "py" ? "python" : named;
  return program === undefined ? unknown : resolveProgram(words, from + 1, program, ownNames, readLine);
}

function resolveProgram(
  words: readonly string[],
  from: number,
  program: string,
  ownNames: ReadonlySet<string>,
  readLine: ReadLine,
): Resolved {
  const module = isPython(program) ? moduleAt(words, from) : undefined;
  if (module !== undefined) {
    const command = moduleCommand(module.name);
    if (command === undefined) return { ...unknown, path: program };
    if ("subcommand" in command) {
      const path = `${program} ${command.subcommand}`;
      const wrapper = wrappers[`python ${command.subcommand}`];
      const inner = wrapper && resolveWrapped(words, module.next, wrapper, ownNames, readLine);
      return inner?.path === undefined ? { ...unknown, path } : inner;
    }
    return resolveProgram(words, module.next, command.program, ownNames, readLine);
  }
  const interpreted = interpretedProgram(words, from, program);
  if (interpreted !== undefined)
    return resolveProgram(words, interpreted.next, interpreted.program, ownNames, readLine);
  if (isPython(program)) return command(program, words, from);
  const { path, next } = subcommandPath(words, from, program);
  const installed = path === program && runsInstalled.has(program) ? firstArgument(words, from, program) : undefined;
  if (installed !== undefined && isInstalledProgram(words[installed] ?? "")) {
    return resolveWords(words, installed, ownNames, readLine);
  }
  const wrapper = Object.hasOwn(wrappers, path) ? wrappers[path] : undefined;
  if (wrapper === undefined || isLookUp(path, words[next])) return command(path, words, next);
  const inner = resolveWrapped(words, next, wrapper, ownNames, readLine);
  // A shell in a container or on another machine says less than where it runs.
  if (inner?.inner === undefined && shells.has(inner?.path ?? "") && isElsewhere(path)) {
    return command(path, words, next);
  }
  const repeats = wrapper.repeats === true;
  return inner?.path === undefined ? command(path, words, next) : { ...inner, repeats: inner.repeats || repeats };
}

const command = (path: string, words: readonly string[], next: number): Resolved => ({
  ...unknown,
  path,
  isSession: isSession(path, words, next),
});

/** Package managers that run a program of an installed package without a subcommand. */
const runsInstalled = new Set(["yarn", "pnpm", "bun"]);

/** Returns the index of the first word that is no option. */
function firstArgument(words: readonly string[], from: number, program: string): number | undefined {
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) return at;
    if (!word.includes("=") && optionKind(program, "", word) === "valued") at += 1;
  }
  return undefined;
}

const isElsewhere = (path: string) => path.includes(" ") || path === "ssh" || path === "wsl";

/** `command -v git` looks git up and does not run it. */
const isLookUp = (path: string, option: string | undefined) => path === "command" && /^-[pvV]*[vV]/.test(option ?? "");

const isPython = (program: string) => program === "python" || program === "python3" || program === "python2";

/** Returns the module of `-m`, and the index of the word after it. */
function moduleAt(words: readonly string[], from: number): { name: string; next: number } | undefined {
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) return undefined;
    if (word === "-m") return { name: words[at + 1] ?? "", next: at + 2 };
    if (/^-[bBdEIOPqsSuvx]*m\w/.test(word)) return { name: word.slice(word.indexOf("m") + 1), next: at + 1 };
    if (/^-[bBdEIOPqsSuvx]+m$/.test(word)) return { name: words[at + 1] ?? "", next: at + 2 };
    if (word === "-c") return undefined;
    if (word === "-W" || word === "-X") at += 1;
  }
  return undefined;
}

function resolveWrapped(
  words: readonly string[],
  from: number,
  wrapper: Wrapper,
  ownNames: ReadonlySet<string>,
  readLine: ReadLine,
): Resolved | undefined {
  const start = commandOf(words, from, wrapper);
  if (start === undefined) return undefined;
  const line = start.code ?? (wrapper.joined === true ? joinedLine(words.slice(start.at)) : undefined);
  if (line !== undefined) {
    if (line.trim() === "") return undefined;
    const inner = readLine(line);
    return { ...unknown, path: inner.path, inner };
  }
  const first = words[start.at];
  if (first === undefined) return undefined;
  if (wrapper.packages === true) {
    const program = packageProgram(first);
    return program === undefined ? undefined : resolveProgram(words, start.at + 1, program, ownNames, readLine);
  }
  if (wrapper.as !== undefined) return resolveProgram(words, start.at, wrapper.as, ownNames, readLine);
  // `uv run -m pytest`
  if (start.isModule === true) return resolveProgram(words, start.at, "python", ownNames, readLine);
  const at = commandStart(words, start.at);
  if (setsScene(words[at] ?? "")) return { ...unknown, path: programName(words[at] ?? "") };
  return resolveWords(words, at, ownNames, readLine);
}

interface WrappedCommand {
  readonly at: number;
  /** The value of an option that takes a command line. */
  readonly code?: string;
  readonly isModule?: boolean;
}

interface WrapperOptions {
  readonly valued: ReadonlySet<string>;
  readonly code: ReadonlySet<string>;
  readonly after: ReadonlySet<string> | undefined;
}

const parsed = new Map<Wrapper, WrapperOptions>();

/** Returns the wrapper's options, split once. */
function optionsOf(wrapper: Wrapper): WrapperOptions {
  const known = parsed.get(wrapper);
  if (known !== undefined) return known;
  const after = wrapper.after === undefined ? undefined : optionSet(wrapper.after);
  const options = { valued: optionSet(wrapper.valued), code: optionSet(wrapper.code), after };
  parsed.set(wrapper, options);
  return options;
}

/** Finds the wrapped command behind the wrapper's options and words. */
function commandOf(words: readonly string[], from: number, wrapper: Wrapper): WrappedCommand | undefined {
  const { valued, code, after } = optionsOf(wrapper);
  let positionals = wrapper.positionals ?? 0;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const option = wrapper.slashes === true || wrapper.ignoresCase === true ? word.toLowerCase() : word;
    if (after?.has(option) === true) return { at: at + 1 };
    if (word === "--" && positionals === 0) return after === undefined ? { at: at + 1 } : undefined;
    if (word.startsWith("-") || (wrapper.slashes === true && word.startsWith("/"))) {
      if (code.has(option)) return { at: at + 1, code: codeAt(words, at + 1, wrapper) };
      if (wrapper.modules === true && (option === "-m" || option === "--module")) return { at, isModule: true };
      if (valued.has(option)) at += 1;
      else if (wrapper.clusters === true && /^-[A-Za-z]{2,}$/.test(option)) {
        const letters = [...option.slice(1)].map((letter) => `-${letter}`);
        if (letters.some((letter) => code.has(letter))) return { at: at + 1, code: codeAt(words, at + 1, wrapper) };
        if (letters.findIndex((letter) => valued.has(letter)) === letters.length - 1) at += 1;
      }
    } else if ((assignment.test(word) && wrapper.packages !== true) || after !== undefined) continue;
    else if (wrapper.titled === true && isTitle(word, words[at + 1])) continue;
    else if (positionals > 0) positionals -= 1;
    else return wrapper.codeOnly === true ? undefined : { at };
  }
  return undefined;
}

/** Whether this word can only be a title: it is no file, and a program follows. */
const isTitle = (word: string, next: string | undefined) =>
  next !== undefined &&
  !/[\\/.:]/.test(word) &&
  programName(next) !== undefined &&
  !(word !== "title" && isPlainProgram(word));

/** A program's name as people write it. */
const isPlainProgram = (word: string) => programName(word) !== undefined && /^[a-z0-9._+-]+$/.test(word);

/** The line that a shell reads from these words; `undefined` if they are one plain command. */
const joinedLine = (words: readonly string[]) =>
  words.length === 1 || words.some((word) => /[;&|<>]/.test(word)) ? words.join(" ") : undefined;

const codeAt = (words: readonly string[], at: number, { codeIsRest }: Wrapper) =>
  codeIsRest === true ? words.slice(at).join(" ") : (words[at] ?? "");
