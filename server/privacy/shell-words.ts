/**
 * Splits the first simple command of a command line into words, as a POSIX shell, PowerShell or cmd would.
 *
 * One pass, linear in the input. It understands quotes, escapes, substitutions, redirections, comments and the
 * operators that end a command. It never evaluates anything: a word that would need evaluation comes out as `null`.
 */

/** A literal word, `NAME=` for an assignment, or `null` for a word whose value only a shell could know. */
export type ShellWord = string | null;

/** Beyond this many characters or words nothing is read: the program stands at the beginning. */
const maxLength = 65_536;
const maxWords = 64;

/** The beginning of an assignment: its name is literal, whatever its value is. */
const assigned = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

/** Characters that end a command wherever they stand unquoted. */
const commandEnds = "|;\n\r";

/** Whether a character (by its code below 128) means something to a shell; all others are only themselves. */
const special = new Uint8Array(128);
for (const char of ` \t\n\r\\'"\`$#<>&()${commandEnds}`) special[char.charCodeAt(0)] = 1;

/** The index of the next special character at or after `from`. */
function nextSpecial(text: string, from: number): number {
  let at = from;
  while (at < text.length && special[text.charCodeAt(at)] !== 1) at += 1;
  return at;
}

/** Stands for what comes before the literal part of a word, so that `$x=1` is no assignment. */
const evaluatedStart = "$";

/** A line that begins with a Windows path keeps its backslashes. */
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
    else words.push(evaluated ? (assigned.exec(word)?.[0] ?? null) : word);
    word = undefined;
    evaluated = false;
  };

  while (at < text.length && words.length < maxWords) {
    const char = text[at] ?? "";
    if (char === " " || char === "\t") {
      endWord();
      at += 1;
    } else if (char === "\\" && backslashEscapes) {
      // An escaped line end joins two lines; any other escaped character is itself.
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
      // A number right before it belongs to the redirection; the word after it is its target.
      if (word !== undefined && /^\d+$/.test(word)) word = undefined;
      endWord();
      at += 1;
      while (text[at] === "<" || text[at] === ">" || text[at] === "&" || text[at] === "|") at += 1;
      skipNext = true;
    } else if (char === "&") {
      // `&>` redirects; `&` before the first word is PowerShell's call operator; else it ends the command.
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
      // A # in a word is itself; from here on to the next special character everything is.
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

/** The index after the parenthesis that closes the one before `from`; nesting is counted, quotes are skipped. */
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
