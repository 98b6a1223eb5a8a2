/**
 * Converts a command line to a command path: a public program and its subcommands, such as `git
 * commit`, or `other`. The result consists only of vocabulary values, so no argument, path or
 * user-defined name can pass, even if the line is parsed incorrectly.
 */

import { other } from "./platform.ts";
import { firstCommandWords, type ShellWord } from "./shell-words.ts";
import { isProgram, isSubcommand } from "./vocabulary.ts";

/** Programs that run another program, with their options that take a value. */
const wrappers: Readonly<Record<string, { readonly valued: readonly string[]; readonly positionals?: number }>> = {
  sudo: { valued: ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "--user", "--group", "--chdir"] },
  doas: { valued: ["-u", "-C"] },
  env: { valued: ["-u", "-C", "-S", "--unset", "--chdir"] },
  time: { valued: ["-f", "-o"] },
  nohup: { valued: [] },
  nice: { valued: ["-n", "--adjustment"] },
  ionice: { valued: ["-c", "-n"] },
  setsid: { valued: [] },
  stdbuf: { valued: ["-i", "-o", "-e"] },
  timeout: { valued: ["-s", "-k", "--signal", "--kill-after"], positionals: 1 },
  command: { valued: [] },
  builtin: { valued: [] },
  exec: { valued: ["-a"] },
  npx: { valued: ["-p", "--package", "-w", "--workspace"] },
  pnpx: { valued: ["--package"] },
  bunx: { valued: ["-p", "--package"] },
  uvx: { valued: ["--from", "--with", "--python", "-p"] },
};

/** Shell keywords that may precede a command. */
const keywords = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "{"]);

const assignment = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

export function commandPath(line: string): string {
  const words = firstCommandWords(line);
  return pathFrom(words, 0) ?? other;
}

/** Returns the path of the command at `from`; `undefined` if its program is not public. */
function pathFrom(words: readonly ShellWord[], from: number): string | undefined {
  let at = from;
  for (let word = words[at]; typeof word === "string"; word = words[++at]) {
    if (!keywords.has(word) && !assignment.test(word)) break;
  }
  const first = words[at];
  if (typeof first !== "string") return undefined;
  const program = programName(first);
  if (program === undefined) return undefined;
  const wrapper = Object.hasOwn(wrappers, program) ? wrappers[program] : undefined;
  if (wrapper !== undefined) return wrappedPath(words, at + 1, wrapper) ?? program;
  return withSubcommands(words, at + 1, program);
}

function wrappedPath(
  words: readonly ShellWord[],
  from: number,
  wrapper: { valued: readonly string[]; positionals?: number },
) {
  let positionals = wrapper.positionals ?? 0;
  let at = from;
  for (; at < words.length; at += 1) {
    const word = words[at];
    if (typeof word !== "string") return undefined;
    if (word.startsWith("-")) at += wrapper.valued.includes(word) ? 1 : 0;
    else if (assignment.test(word)) continue;
    else if (positionals > 0) positionals -= 1;
    else break;
  }
  return pathFrom(words, at);
}

/** Returns the program with the public subcommands that follow it. */
function withSubcommands(words: readonly ShellWord[], from: number, program: string): string {
  let path = "";
  let afterOption = false;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at];
    if (typeof word !== "string") {
      if (!afterOption) break;
      afterOption = false;
    } else if (word === "--") break;
    else if (word.startsWith("-")) afterOption = !word.includes("=");
    else {
      const longer = path === "" ? word : `${path} ${word}`;
      if (isSubcommand(program, longer)) {
        path = longer;
        afterOption = false;
      } else if (afterOption) afterOption = false;
      else if (!(path === "" && word.startsWith("+"))) break;
    }
  }
  return path === "" ? program : `${program} ${path}`;
}

/** Returns a program's public name, without folder, Windows extension and trailing version. */
function programName(word: string): string | undefined {
  if (isProgram(word)) return word;
  const base = word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1).toLowerCase();
  const name = base.replace(/\.(?:exe|cmd|bat|com)$/, "");
  if (isProgram(name)) return name;
  const versioned = /^([a-z+-]{2,24}?)-?(\d{1,3})(?:\.\d{1,3}){0,2}$/.exec(name);
  if (versioned === null) return undefined;
  const [, stem = "", major = ""] = versioned;
  return [stem + major, stem].find(isProgram);
}
