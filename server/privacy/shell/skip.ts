/**
 * Finds the end of a quoted or bracketed part of a command line without evaluating it. Every
 * function returns the index after the part, or the text's length if the part does not end. Each
 * reads every character at most once.
 */

/** Returns the index after the closing single quote. */
export function afterSingleQuote(text: string, from: number): number {
  const end = text.indexOf("'", from);
  return end === -1 ? text.length : end + 1;
}

/** Returns the index after the closing double quote. A substitution may contain other quotes. */
export function afterDoubleQuote(text: string, from: number, escapes: boolean): number {
  return afterNested(text, from, '"', escapes);
}

/** Returns the index after the closing backquote. */
export function afterBackquote(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "`") at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

/** Returns the index after the matching bracket; skips quotes, comments and here-documents. */
export function afterBracket(text: string, from: number, closing: ")" | "}", escapes = true): number {
  return afterNested(text, from, closing, escapes);
}

type Closing = '"' | ")" | "}";

/** What is open is kept in a list: a deeply nested line must not overflow the stack. */
function afterNested(text: string, from: number, closing: Closing, escapes: boolean): number {
  const open: Closing[] = [closing];
  const hereDocuments: HereDocument[] = [];
  let at = from;
  while (at < text.length && open.length > 0) {
    const char = text[at];
    const inner = open.at(-1);
    if (char === "\\" && escapes) at += 2;
    else if (char === inner) {
      open.pop();
      at += 1;
    } else if (char === "$" && text[at + 1] === "(") {
      open.push(")");
      at += 2;
    } else if (inner === '"') at += 1;
    else if (char === "'") at = afterSingleQuote(text, at + 1);
    else if (char === "`") at = afterBackquote(text, at + 1);
    else if (char === "#" && isBlank(text[at - 1])) at = endOfLine(text, at);
    else if (char === "<" && text[at + 1] === "<" && text[at + 2] !== "<") {
      const { next, document } = readHereDocument(text, at + 2);
      if (document !== undefined) hereDocuments.push(document);
      at = next;
    } else if (char === "\n" && hereDocuments.length > 0) {
      at = afterHereDocuments(text, at, hereDocuments.splice(0));
    } else {
      if (char === '"') open.push('"');
      else if (char === "(" && inner === ")") open.push(")");
      else if (char === "{" && inner === "}") open.push("}");
      at += 1;
    }
  }
  return Math.min(at, text.length);
}

const isBlank = (char: string | undefined) => char === undefined || char === " " || char === "\t" || char === "\n";

/** Returns the index of the next line break. */
export function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

export interface HereDocument {
  /** The line that ends it. */
  readonly delimiter: string;
  /** `<<-`: the delimiter may be indented with tabs. */
  readonly indented: boolean;
}

const delimiterWord = /(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|\\?([A-Za-z0-9_.!-]+))/y;

/** Reads the delimiter after `<<`. */
export function readHereDocument(text: string, from: number): { next: number; document?: HereDocument } {
  delimiterWord.lastIndex = from;
  const match = delimiterWord.exec(text);
  if (match === null) return { next: from };
  const delimiter = match[2] ?? match[3] ?? match[4] ?? "";
  return { next: from + match[0].length, document: { delimiter, indented: match[1] === "-" } };
}

/** Returns the index after the bodies that start after the line break at `from`. */
export function afterHereDocuments(text: string, from: number, documents: readonly HereDocument[]): number {
  let at = from + 1;
  for (const { delimiter, indented } of documents) {
    for (;;) {
      if (at >= text.length) return text.length;
      const end = endOfLine(text, at);
      const line = text.slice(at, end).replace(/\r$/, "");
      at = end + 1;
      if ((indented ? line.replace(/^\t+/, "") : line) === delimiter) break;
    }
  }
  return Math.min(at, text.length);
}
