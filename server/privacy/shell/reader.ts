/**
 * Splits a command line into its simple commands and their words, as a POSIX shell, fish,
 * PowerShell or cmd would: quotes, escapes, substitutions, redirections, comments, here-documents,
 * operators, loops and functions. Linear in the input. Never evaluates anything.
 */

import { maxCommandLineLength } from "../../../shared/schema/raw-event.ts";
import {
  afterBackquote,
  afterBracket,
  afterDoubleQuote,
  afterHereDocuments,
  afterSingleQuote,
  endOfLine,
  type HereDocument,
  readHereDocument,
} from "./skip.ts";

/** Stands in a word for the part that a shell would evaluate. */
export const evaluated = "\0";

/** How a command follows the one before it. */
export type Link = "first" | "and" | "or" | "sequence" | "pipe";

export interface SimpleCommand {
  /** Literal words, with `evaluated` for what only a shell knows. */
  readonly words: readonly string[];
  readonly link: Link;
  /** `!` before it. */
  readonly negated: boolean;
  /** `&` after it: the shell does not wait for it. */
  readonly background: boolean;
  /** Its standard input is a file, a text or another command. */
  readonly hasInput: boolean;
  /** Inside a loop or a condition: it may run never or often. */
  readonly nested: boolean;
}

export interface ShellLine {
  readonly commands: readonly SimpleCommand[];
  /** Names of functions that the line defines. */
  readonly functions: ReadonlySet<string>;
}

/** Words and commands beyond these are ignored. */
const maxWords = 64;
const maxCommands = 256;
/** Longer words are no names of variables or functions. */
const maxNameLength = 256;

/** 1 for characters (code below 128) that are special to a shell. */
const special = new Uint8Array(128);
for (const char of " \t\n\r\\'\"`$#<>&()|;^{}") special[char.charCodeAt(0)] = 1;

/** Returns the index of the next special character at or after `from`. */
function nextSpecial(text: string, from: number): number {
  let at = from;
  while (at < text.length && special[text.charCodeAt(at)] !== 1) at += 1;
  return at;
}

/** A Windows path: in such a line a backslash separates folders and escapes nothing. */
const windowsPath =
  /(?:^|[\s"'=&;|(])(?:[A-Za-z]:\\|\.{1,2}\\(?=[\w.])|~\\(?=\w)|%\w{1,60}%\\|\\\\[\w.-]+\\\w)|\$env:|\\[\w.-]{1,60}\.(?:exe|cmd|bat|ps1)\b/i;

/** A path before a backslash: `node_modules`, `~`, `vendor\bin`. */
const pathStart = /^[A-Za-z0-9_.~%:\\-]+$/;
const pathCharacter = /[A-Za-z0-9_.-]/;
const variable = /\$(?:[A-Za-z_][\w:]*|[0-9?$!#@*_-])?/y;
const assignmentEnd = /^[A-Za-z_]\w*\+?=$/;
const functionName = /^[A-Za-z_][\w.:-]*$/;

/** Words that open, continue or end a compound command, when they are its first word. */
const openings = new Set(["if", "while", "until", "switch"]);
const headers = new Set(["for", "foreach", "case"]);
const closings = new Set(["fi", "done", "esac", "end"]);
const connectors = new Set(["then", "do", "elif", "elseif", "begin", "coproc", "try", "catch", "finally"]);

/** Conditions of cmd's `if`. */
const cmdConditions = new Set(["exist", "defined", "errorlevel"]);

export function readShellLine(line: string): ShellLine {
  return new Reader(line.length > maxCommandLineLength ? line.slice(0, maxCommandLineLength) : line).read();
}

class Reader {
  readonly #text: string;
  readonly #windows: boolean;
  readonly #commands: SimpleCommand[] = [];
  readonly #functions = new Set<string>();
  #at = 0;
  #words: string[] = [];
  #word: string | undefined;
  /** The word has no quotes, escapes or substitutions, so it can be a keyword. */
  #plain = true;
  /** The word may be the beginning of a path. */
  #isPath = false;
  /** The next word is the target of a redirection. */
  #skipNext = false;
  /** Words of a `for` or `case` header are not a command; this one ends it. */
  #headerEnd: "do" | "in" | undefined;
  #afterFunction = false;
  #link: Link = "first";
  #negated = false;
  #hasInput = false;
  #nesting = 0;
  #brackets = 0;
  #hereDocuments: HereDocument[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#windows = (text.includes("\\") || text.includes("$env:")) && windowsPath.test(text);
  }

  read(): ShellLine {
    const text = this.#text;
    while (this.#at < text.length && this.#commands.length < maxCommands) this.#step(text[this.#at] ?? "");
    this.#endCommand("sequence");
    return { commands: this.#commands, functions: this.#functions };
  }

  #step(char: string): void {
    const next = this.#text[this.#at + 1];
    if (char === " " || char === "\t") {
      // First, because a word may skip what follows it.
      this.#at += 1;
      this.#endWord();
    } else if (char === "\n" || char === "\r") this.#endLine();
    else if (char === "\\") this.#backslash(next);
    else if (char === "'") this.#singleQuote();
    else if (char === '"') this.#doubleQuote();
    else if (char === "`") this.#backquote();
    else if (char === "^") this.#caret(next);
    else if (char === "$") this.#dollar(next);
    else if (char === "#" && this.#word === undefined) this.#at = endOfLine(this.#text, this.#at);
    else if (char === "<" || char === ">") this.#redirection(char, next);
    else if (char === "&") this.#ampersand(next);
    else if (char === "|") this.#bar(next);
    else if (char === ";") {
      this.#endCommand("sequence");
      this.#at += 1;
    } else if (char === "(") this.#open();
    else if (char === ")") this.#close();
    else if (char === "{" && this.#isAlone(" \t\r\n")) this.#openBlock();
    else if (char === "}" && this.#isAlone(" \t\r\n;)}|&")) {
      this.#endCommand("sequence");
      this.#at += 1;
    } else {
      // Literal up to the next special character, including a # or a brace inside a word.
      const end = nextSpecial(this.#text, this.#at + 1);
      this.#add(this.#text.slice(this.#at, end));
      this.#at = end;
    }
  }

  #add(text: string): void {
    this.#isPath = (this.#word === undefined || this.#isPath) && pathStart.test(text);
    this.#word = this.#word === undefined ? text : this.#word + text;
  }

  /** Adds text that was quoted, escaped or substituted. */
  #addQuoted(text: string): void {
    this.#add(text);
    this.#plain = false;
  }

  #endWord(): void {
    const word = this.#word;
    if (word === undefined) return;
    const plain = this.#plain;
    this.#word = undefined;
    this.#plain = true;
    if (this.#skipNext) this.#skipNext = false;
    else if (this.#afterFunction) {
      this.#functions.add(word);
      this.#afterFunction = false;
      this.#skipFunctionBody();
    } else if (this.#headerEnd !== undefined) {
      if (plain && word === this.#headerEnd) this.#headerEnd = undefined;
    } else if (this.#words.length > 0 || !plain || !this.#isKeyword(word)) {
      if (this.#words.length < maxWords) this.#words.push(word);
    }
  }

  /** Handles a keyword at the beginning of a command; returns whether the word is one. */
  #isKeyword(word: string): boolean {
    if (word === "!" || word === "not") this.#negated = true;
    else if (word === "and" || word === "or") this.#link = this.#link === "first" ? "first" : word;
    else if (word === "else") this.#link = "or";
    else if (openings.has(word)) this.#nesting += 1;
    else if (headers.has(word)) {
      this.#nesting += 1;
      this.#headerEnd = word === "case" ? "in" : "do";
    } else if (closings.has(word)) this.#nesting = Math.max(0, this.#nesting - 1);
    else if (word === "function") this.#afterFunction = true;
    else if (word === "[[") this.#words.push(this.#skipTest());
    else return connectors.has(word);
    return true;
  }

  /** Skips `[[ … ]]`, in which operators have another meaning. */
  #skipTest(): string {
    if (!" \t".includes(this.#text[this.#at - 1] ?? "")) return "[[";
    const end = this.#text.indexOf("]]", this.#at);
    const lineEnd = endOfLine(this.#text, this.#at);
    this.#at = end === -1 || end > lineEnd ? lineEnd : end + 2;
    return "[[";
  }

  #endCommand(next: Link, background = false): void {
    this.#endWord();
    this.#skipNext = false;
    this.#headerEnd = undefined;
    this.#afterFunction = false;
    if (this.#words.length === 0) {
      // After a block, or a second separator; a list may continue in the next line.
      if (next !== "sequence" && this.#link !== "first") this.#link = next;
      return;
    }
    this.#commands.push({
      words: this.#words,
      link: this.#link,
      negated: this.#negated,
      background,
      hasInput: this.#hasInput || this.#link === "pipe",
      nested: this.#nesting > 0,
    });
    this.#hasInput = false;
    this.#words = [];
    this.#negated = false;
    this.#link = next;
  }

  #endLine(): void {
    this.#endCommand("sequence");
    if (this.#hereDocuments.length > 0 && this.#text[this.#at] === "\n") {
      this.#at = afterHereDocuments(this.#text, this.#at, this.#hereDocuments.splice(0));
    } else this.#at += 1;
  }

  /** Returns the index after a line break at `at`; `at` itself if there is none. */
  #afterLineBreak(at: number): number {
    if (this.#text[at] === "\n") return at + 1;
    return this.#text[at] === "\r" && this.#text[at + 1] === "\n" ? at + 2 : at;
  }

  #backslash(next: string | undefined): void {
    const after = this.#afterLineBreak(this.#at + 1);
    const startsPath = this.#word !== undefined && this.#isPath;
    if (after > this.#at + 1) this.#at = after;
    else if (this.#windows || (next !== undefined && pathCharacter.test(next) && startsPath)) {
      this.#add("\\");
      this.#at += 1;
    } else {
      this.#addQuoted(next ?? "");
      this.#at += 2;
    }
  }

  /** An escaped line break of cmd, or another escaped character. */
  #caret(next: string | undefined): void {
    const after = this.#afterLineBreak(this.#at + 1);
    if (after > this.#at + 1) this.#at = after;
    else if (this.#windows && next !== undefined && this.#word !== undefined) {
      this.#add(next);
      this.#at += 2;
    } else {
      this.#add("^");
      this.#at += 1;
    }
  }

  #singleQuote(): void {
    const from = this.#at + 1;
    if (this.#skippedHereString("'")) return;
    this.#at = afterSingleQuote(this.#text, from);
    const closed = this.#text[this.#at - 1] === "'" && this.#at > from;
    this.#addQuoted(this.#text.slice(from, closed ? this.#at - 1 : this.#at));
  }

  /** Skips a here-string of PowerShell: `@'`, lines, `'@`. */
  #skippedHereString(quote: string): boolean {
    const from = this.#at + 1;
    if (this.#word !== "@" || this.#afterLineBreak(from) === from) return false;
    const end = this.#text.indexOf(`\n${quote}@`, from);
    this.#at = end === -1 ? this.#text.length : end + 3;
    this.#addQuoted(evaluated);
    return true;
  }

  #doubleQuote(): void {
    const text = this.#text;
    const from = this.#at + 1;
    if (this.#skippedHereString('"')) return;
    if (this.#windows && /^"[A-Za-z]:\\/.test(text.slice(from, from + 4))) {
      // `cmd /c ""C:\my app\x.exe" …"`: cmd removes the outer quotes.
      this.#at = from;
      return;
    }
    const end = afterDoubleQuote(text, from, !this.#windows);
    const closed = text[end - 1] === '"' && end > from;
    this.#addQuoted(this.#unquoted(text.slice(from, closed ? end - 1 : end)));
    this.#at = end;
  }

  /** The literal value of a double-quoted text. */
  #unquoted(inner: string): string {
    if (!/[\\$`]/.test(inner)) return inner;
    let value = "";
    let at = 0;
    while (at < inner.length) {
      const char = inner[at] ?? "";
      if (char === "\\" && !this.#windows) {
        const next = inner[at + 1] ?? "";
        // Between double quotes, a backslash escapes only these.
        if (next !== "\n") value += '$`"\\'.includes(next) ? next : char + next;
        at += 2;
      } else if (char === "$") {
        value += evaluated;
        at = afterVariable(inner, at);
      } else if (char === "`" && !this.#windows) {
        value += evaluated;
        at = afterBackquote(inner, at + 1);
      } else {
        value += char;
        at += 1;
      }
    }
    return value;
  }

  /** A command substitution, or an escaped character of PowerShell. */
  #backquote(): void {
    const after = this.#afterLineBreak(this.#at + 1);
    if (after > this.#at + 1) this.#at = after;
    else if (this.#windows) {
      this.#addQuoted(this.#text[this.#at + 1] ?? "");
      this.#at += 2;
    } else {
      this.#addQuoted(evaluated);
      this.#at = afterBackquote(this.#text, this.#at + 1);
    }
  }

  #dollar(next: string | undefined): void {
    if (next === "'" && this.#word === undefined) {
      // ANSI-C quoting; an escape in it is not decoded.
      const end = afterSingleQuote(this.#text, this.#at + 2);
      const inner = this.#text.slice(this.#at + 2, end - 1);
      this.#addQuoted(inner.includes("\\") ? evaluated : inner);
      this.#at = end;
    } else if (next === '"') this.#at += 1;
    else {
      this.#addQuoted(evaluated);
      this.#at = afterVariable(this.#text, this.#at);
    }
  }

  #redirection(char: string, next: string | undefined): void {
    if (next === "(") {
      this.#addQuoted(evaluated);
      this.#at = afterBracket(this.#text, this.#at + 2, ")");
      return;
    }
    if (char === "<" && next === "#") {
      // A block comment of PowerShell.
      const end = this.#text.indexOf("#>", this.#at);
      this.#at = end === -1 ? this.#text.length : end + 2;
      return;
    }
    if (char === "<") this.#hasInput = true;
    // A number or {name} directly before it belongs to the redirection; the next word is its target.
    if (this.#word !== undefined && /^(?:\d+|\{\w+\}|\*)$/.test(this.#word)) this.#word = undefined;
    this.#endWord();
    if (char === "<" && next === "<" && this.#text[this.#at + 2] !== "<") {
      const { next: after, document } = readHereDocument(this.#text, this.#at + 2);
      if (document !== undefined) this.#hereDocuments.push(document);
      this.#at = after;
      return;
    }
    this.#at += 1;
    while ("<>&|".includes(this.#text[this.#at] ?? " ")) this.#at += 1;
    this.#skipNext = true;
  }

  #ampersand(next: string | undefined): void {
    if (next === "&") {
      this.#endCommand("and");
      this.#at += 2;
    } else if (next === ">") {
      this.#endWord();
      this.#at += 1;
    } else if (this.#words.length === 0 && this.#word === undefined) {
      // The call operator of PowerShell.
      this.#at += 1;
    } else {
      this.#endCommand("sequence", true);
      this.#at += 1;
    }
  }

  #bar(next: string | undefined): void {
    this.#endCommand(next === "|" ? "or" : "pipe");
    this.#at += next === "|" || next === "&" ? 2 : 1;
  }

  #open(): void {
    const word = this.#word ?? "";
    if (this.#text[this.#at + 1] === "(" && word === "" && this.#words.length === 0) {
      // Arithmetic: it sets a variable or a status.
      this.#addQuoted(evaluated);
      this.#at = afterBracket(this.#text, this.#at + 1, ")");
    } else if (this.#precedesGroup()) {
      this.#words = [];
      this.#word = undefined;
      this.#brackets += 1;
      this.#at += 1;
    } else if (this.#definesFunction()) this.#skipFunctionBody();
    else if (word !== "" || this.#words.length > 0 || this.#headerEnd !== undefined) {
      // An array, a pattern, or an expression of PowerShell.
      const isArray = word.length < maxNameLength && assignmentEnd.test(word);
      if (!isArray) this.#addQuoted(evaluated);
      this.#at = afterBracket(this.#text, this.#at + 1, ")");
    } else {
      this.#brackets += 1;
      this.#endCommand("sequence");
      this.#at += 1;
    }
  }

  /** Whether a group of commands starts here: after `time`, or after a condition of cmd's `if`. */
  #precedesGroup(): boolean {
    if (this.#word !== undefined || this.#words.length === 0) return false;
    const first = (this.#words[0] ?? "").toLowerCase();
    if (first === "time") return this.#words.length === 1;
    return this.#nesting > 0 && (cmdConditions.has(first) || first.includes("=="));
  }

  /** `name() …`: takes the name; the position is then after `()`. */
  #definesFunction(): boolean {
    let at = this.#at + 1;
    while (this.#text[at] === " ") at += 1;
    if (this.#text[at] !== ")") return false;
    const name = this.#word ?? (this.#words.length === 1 ? this.#words[0] : undefined);
    if (name === undefined || (this.#word !== undefined && this.#words.length > 0)) return false;
    if (name.length > maxNameLength || !functionName.test(name)) return false;
    this.#functions.add(name);
    this.#word = undefined;
    this.#plain = true;
    this.#words = [];
    this.#at = at + 1;
    return true;
  }

  /** Skips the body of a function, if there is one. */
  #skipFunctionBody(): void {
    let at = this.#at;
    if (this.#text.startsWith("()", at)) at += 2;
    while (at < this.#text.length && " \t\r\n".includes(this.#text[at] ?? "")) at += 1;
    const open = this.#text[at];
    if (open === "{") this.#at = afterBracket(this.#text, at + 1, "}");
    else if (open === "(") this.#at = afterBracket(this.#text, at + 1, ")");
  }

  #close(): void {
    if (this.#brackets > 0) {
      this.#brackets -= 1;
      this.#endCommand("sequence");
    } else {
      // The end of a pattern of `case`, whose alternatives looked like a pipeline.
      this.#endWord();
      this.#words = [];
      while (this.#link === "pipe") this.#link = this.#commands.pop()?.link ?? "first";
    }
    this.#at += 1;
  }

  /** Returns whether the brace at the position is a word of its own. */
  #isAlone(followers: string): boolean {
    const next = this.#text[this.#at + 1];
    return this.#word === undefined && (next === undefined || followers.includes(next));
  }

  #openBlock(): void {
    if (this.#precedesGroup()) this.#words = [];
    if (this.#words.length > 0) {
      // A script block of PowerShell is an argument.
      this.#words.push(evaluated);
      this.#at = afterBracket(this.#text, this.#at + 1, "}", !this.#windows);
      return;
    }
    this.#endCommand("sequence");
    this.#at += 1;
  }
}

/** Returns the index after the variable, expression or command substitution that starts at `at`. */
function afterVariable(text: string, at: number): number {
  if (text[at + 1] === "(") return afterBracket(text, at + 2, ")");
  if (text[at + 1] === "{") return afterBracket(text, at + 2, "}");
  variable.lastIndex = at;
  return at + (variable.exec(text)?.[0].length ?? 1);
}
