/**
 * Splits the first simple command of a command line into words, as a POSIX shell, PowerShell or cmd
 * would: quotes, escapes, substitutions, redirections, comments, operators. Linear in the input.
 * Never evaluates anything: a word that needs evaluation becomes `null`.
 */

/** A literal word, `NAME=` for an assignment, or `null` for a word that needs evaluation. */
export type ShellWord = string | null;

/** The program is at the beginning; the rest of longer input is ignored. */
const maxLength = 65_536;
const maxWords = 64;

/** Start of an assignment: its name is literal even if its value is not. */
const assignmentStart = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

/** Characters that end a command unless quoted. */
const commandEnds = "|;\n\r";

/** 1 for characters (code below 128) that are special to a shell. */
const special = new Uint8Array(128);
for (const char of ` \t\n\r\\'"\`$#<>&()${commandEnds}`) special[char.charCodeAt(0)] = 1;

/** Returns the index of the next special character at or after `from`. */
function nextSpecial(text: string, from: number): number {
  let at = from;
  while (at < text.length && special[text.charCodeAt(at)] !== 1) at += 1;
  return at;
}

/** Replaces the evaluated start of a word, so that `$x=1` is not read as an assignment. */
const evaluatedStart = "$";

/** In a line that starts with a Windows path, backslashes are not escapes. */
const windowsPath = /^[\s&]*["']?(?:[A-Za-z]:\\|\\\\|\.{1,2}\\)/;

export function firstCommandWords(line: string): readonly ShellWord[] {
  const text = line.length > maxLength ? line.slice(0, maxLength) : line;
  const backslashEscapes = !windowsPath.test(text.slice(0, 16));
  const words: ShellWord[] = [];
  let word: string | undefined;
  let evaluated = false;
  let skipNext = false;
  let at = 0;

  const endWord = () => {
    if (word === undefined) return;
    if (skipNext) skipNext = false;
    else words.push(evaluated ? (assignmentStart.exec(word)?.[0] ?? null) : word);
    word = undefined;
    evaluated = false;
  };

  while (at < text.length && words.length < maxWords) {
    const char = text[at] ?? "";
    if (char === " " || char === "\t") {
      endWord();
      at += 1;
    } else if (char === "\\" && backslashEscapes) {
      // An escaped line break joins two lines; any other escaped character is literal.
      if (text[at + 1] !== "\n") word = (word ?? "") + (text[at + 1] ?? "");
      at += 2;
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      word = (word ?? "") + text.slice(at + 1, end === -1 ? text.length : end);
      at = end === -1 ? text.length : end + 1;
    } else if (char === '"') {
      const quoted = readDoubleQuoted(text, at + 1, backslashEscapes);
      word = (word ?? "") + quoted.value;
      evaluated ||= quoted.evaluated;
      at = quoted.next;
    } else if (char === "`" || (char === "$" && text[at + 1] === "(")) {
      word ??= evaluatedStart;
      evaluated = true;
      at = char === "`" ? afterBackquote(text, at + 1) : afterParenthesis(text, at + 2);
    } else if (char === "$") {
      word ??= evaluatedStart;
      evaluated = true;
      at += 1;
    } else if (char === "#" && word === undefined) {
      break;
    } else if (char === "<" || char === ">") {
      // A number directly before it belongs to the redirection; the next word is its target.
      if (word !== undefined && /^\d+$/.test(word)) word = undefined;
      endWord();
      at += 1;
      while (text[at] === "<" || text[at] === ">" || text[at] === "&" || text[at] === "|") at += 1;
      skipNext = true;
    } else if (char === "&") {
      // `&>` redirects; `&` before the first word is PowerShell's call operator; otherwise it ends
      // the command.
      if (text[at + 1] === ">") {
        endWord();
        at += 1;
      } else if (words.length === 0 && word === undefined) {
        at += 1;
      } else break;
    } else if (commandEnds.includes(char)) {
      if (words.length > 0 || word !== undefined) break;
      at += 1;
    } else if (char === "(" || char === ")") {
      if (words.length > 0 || word !== undefined) break;
      at += 1;
    } else {
      // Literal up to the next special character, including a # inside a word.
      const end = nextSpecial(text, at + 1);
      word = (word ?? "") + text.slice(at, end);
      at = end;
    }
  }
  endWord();
  return words;
}

function readDoubleQuoted(text: string, from: number, backslashEscapes: boolean) {
  let value = "";
  let evaluated = false;
  let at = from;
  while (at < text.length && text[at] !== '"') {
    const char = text[at] ?? "";
    if (char === "\\" && backslashEscapes) {
      value += text[at + 1] ?? "";
      at += 2;
    } else if (char === "$" && text[at + 1] === "(") {
      evaluated = true;
      at = afterParenthesis(text, at + 2);
    } else {
      if (char === "$" || char === "`") evaluated = true;
      value += char;
      at += 1;
    }
  }
  return { value, evaluated, next: at + 1 };
}

function afterBackquote(text: string, from: number): number {
  const end = text.indexOf("`", from);
  return end === -1 ? text.length : end + 1;
}

/** Returns the index after the matching closing parenthesis; counts nesting and skips quotes. */
function afterParenthesis(text: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < text.length && depth > 0) {
    const char = text[at];
    if (char === "\\") at += 1;
    else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      at = end === -1 ? text.length : end;
    } else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    at += 1;
  }
  return at;
}
