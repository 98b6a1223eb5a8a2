/**
 * Public programs that an interpreter runs from a file: `node node_modules/.bin/jest`, `php
 * vendor/bin/phpunit`, `sh gradlew`. Any other file is the user's.
 */

import { optionSet } from "./option-set.ts";
import { packageProgram } from "./packages.ts";
import { programName } from "./program-name.ts";

interface Interpreter {
  /** Options that take a value. */
  readonly valued: ReadonlySet<string>;
  /** Options that carry the code themselves. */
  readonly code: ReadonlySet<string>;
}

const options = (valued: string, code: string): Interpreter => ({
  valued: optionSet(valued),
  code: optionSet(code),
});

const shell = options("-o -O --rcfile --init-file", "-c -s");
const python = options("-W -X", "-c -m");
const node = options("-r --require --import --loader --env-file -C --conditions", "-e -p --eval --print");

const interpreters: Readonly<Record<string, Interpreter>> = {
  node,
  tsx: node,
  bun: options("-r --preload --cwd -c --config --env-file", "-e --eval -p --print"),
  python,
  python2: python,
  python3: python,
  php: options("-d -c -S -t", "-r"),
  ruby: options("-I -r -C", "-e"),
  perl: options("-I", "-e -E"),
  sh: shell,
  bash: shell,
  dash: shell,
  zsh: shell,
};

/** Programs that a project carries with it, by the interpreter that they are written for. */
const shellFiles = new Set(["configure", "gradlew", "mvnw"]);
const projectFiles: Readonly<Record<string, ReadonlySet<string>>> = {
  ruby: new Set(["bundle", "rails", "rake", "rspec", "rubocop", "spring"]),
  sh: shellFiles,
  bash: shellFiles,
  dash: shellFiles,
  zsh: shellFiles,
};

export interface InterpretedProgram {
  readonly program: string;
  /** Index of the word after the file. */
  readonly next: number;
}

/** `node_modules/jest/bin/jest.js`, `node_modules/@biomejs/biome/bin/biome`. */
const packageFile = /(?:^|\/)node_modules\/((?:@[a-z0-9._-]+\/)?[a-z0-9_][a-z0-9._-]*)\/(?:.+)$/;
const packageLink = /(?:^|\/)node_modules\/\.bin\/([a-z0-9._-]+)$/;
const yarnRelease = /(?:^|\/)\.yarn\/releases\/yarn-[\d.]+\.c?js$/;
/** Of Python's debugger in VS Code; the program follows `--`. */
const debugLauncher = /\/debugpy\/(?:launcher|adapter\/\.\.\/\.\.\/debugpy\/launcher)\/?$/;

/** Returns the public program that the interpreter's first file is. */
export function interpretedProgram(
  words: readonly string[],
  from: number,
  interpreter: string,
): InterpretedProgram | undefined {
  const known = Object.hasOwn(interpreters, interpreter) ? interpreters[interpreter] : undefined;
  if (known === undefined) return undefined;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (known.code.has(word)) return undefined;
    if (known.valued.has(word)) at += 1;
    else if (!word.startsWith("-")) return programOf(words, at, interpreter);
  }
  return undefined;
}

function programOf(words: readonly string[], at: number, interpreter: string): InterpretedProgram | undefined {
  const file = (words[at] ?? "").toLowerCase().replaceAll("\\", "/");
  if (debugLauncher.test(file)) {
    const end = words.indexOf("--", at);
    return end === -1 ? undefined : { program: interpreter, next: end + 1 };
  }
  const program = fileProgram(file, interpreter);
  return program === undefined ? undefined : { program, next: at + 1 };
}

function fileProgram(file: string, interpreter: string): string | undefined {
  if (yarnRelease.test(file)) return "yarn";
  const name = packageLink.exec(file)?.[1] ?? packageFile.exec(file)?.[1];
  if (name !== undefined) return packageProgram(name);
  if (interpreter.startsWith("python") && /(?:^|\/)manage\.py$/.test(file)) return "django-admin";
  const own = /^(?:\.\/|bin\/|\.\/bin\/)?([a-z.]+)$/.exec(file)?.[1];
  if (own !== undefined && projectFiles[interpreter]?.has(own) === true) return own;
  // `.venv/bin/pytest`; a plain name is a file of the open folder.
  return file.includes("/") ? programName(file) : undefined;
}
