/** Finds the texts for users in TypeScript: literals that certain calls or properties have as their values. */

/** A text with `…` for each inserted value. */
export interface FoundText {
  readonly kind: TextKind;
  readonly text: string;
}

export const textKinds = ["error", "message", "check", "notice", "empty"] as const;
export type TextKind = (typeof textKinds)[number];

/** What comes before the literals, by kind. */
const beginnings: readonly (readonly [TextKind, RegExp])[] = [
  ["error", /\bnew [A-Z]\w*Error\(|\bprintError\(|\b(?:problems|faults)\.push\(/g],
  ["message", /\bmessage\(/g],
  ["check", /\b(?:error|warning)Check\(/g],
  ["notice", /\bwindow\.(?:show\w+Message|setStatusBarMessage)\(|\breturn [`"]|\bprint\(/g],
  ["empty", /\bempty: |\bnothing: /g],
];

/** Texts have words; names and formats have not. */
const isText = (text: string): boolean => /[A-Za-z]{2,} [A-Za-z(…{]|… [a-z]{3,}/.test(text);

/** Returns the texts in the order of the code, each once for its kind. */
export function textsIn(code: string): readonly FoundText[] {
  const clean = withoutComments(code);
  const found = beginnings.flatMap(([kind, pattern]) =>
    [...clean.matchAll(pattern)].map(({ index, 0: { length } }) => ({ kind, at: index + length })),
  );
  found.sort((a, b) => a.at - b.at);
  const texts = found.flatMap(({ kind, at }) => literalsFrom(clean, at, kind).map((text) => ({ kind, text })));
  const states = [...clean.matchAll(/\btitle: ("[^"\n]+"),\s*text: ("[^"\n]+")/g)].map(([, title = "", text = ""]) => ({
    kind: "empty" as const,
    text: `${JSON.parse(title)}: ${JSON.parse(text)}`,
  }));
  const parts = [...clean.matchAll(/>([^<>{}`$]{8,})[<$]/g)].map(([, text = ""]) => text.replace(/\s+/g, " ").trim());
  const notes = parts.filter(isSentence).map((text) => ({ kind: "notice" as const, text }));
  return [...new Map([...texts, ...states, ...notes].map((one) => [`${one.kind} ${one.text}`, one])).values()];
}

/** Comments become spaces; those in literals are kept. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => " ".repeat(comment.length));
}

/** Returns the literals of a call's arguments, or of a property's value. */
function literalsFrom(code: string, start: number, kind: TextKind): readonly string[] {
  const texts: string[] = [];
  // `return` begins inside of its literal.
  const mark = code[start - 1];
  if (mark === "`" || mark === '"') {
    const [text] = mark === "`" ? template(code, start) : quoted(code, start - 1);
    return isSentence(text) ? [text] : [];
  }
  for (let at = start, depth = 0; at < code.length; ) {
    const letter = code[at] ?? "";
    if (letter === "`" || letter === '"') {
      const [text, end] = letter === "`" ? template(code, at + 1) : quoted(code, at);
      if (isText(text)) texts.push(text);
      at = end;
      continue;
    }
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) {
      depth -= 1;
      if (depth < 0) return texts;
    }
    if (depth === 0 && kind === "empty" && (letter === "," || letter === ";")) return texts;
    at += 1;
  }
  return texts;
}

/** What a function returns is a text for the user if it is a sentence. */
const isSentence = (text: string): boolean => isText(text) && /^[A-Z].*[.!?]$/s.test(text);

function quoted(code: string, start: number): readonly [text: string, end: number] {
  const [literal = '""'] = /^"(?:[^"\\\n]|\\.)*"/.exec(code.slice(start)) ?? [];
  return [String(JSON.parse(literal)), start + literal.length];
}

/** `start`: after the opening backtick. */
function template(code: string, start: number): readonly [text: string, end: number] {
  let text = "";
  for (let at = start; at < code.length; at += 1) {
    const letter = code[at] ?? "";
    if (letter === "`") return [text, at + 1];
    if (letter === "\\") {
      at += 1;
      text += code[at] === "n" ? " " : (code[at] ?? "");
    } else if (letter === "$" && code[at + 1] === "{") {
      at = closing(code, at + 2);
      text += "…";
    } else text += letter === "\n" ? " " : letter;
  }
  return [text, code.length];
}

/** Returns the position of the brace that closes an inserted value. */
function closing(code: string, start: number): number {
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    const letter = code[at];
    if (letter === "`") at = template(code, at + 1)[1] - 1;
    else if (letter === '"') at = quoted(code, at)[1] - 1;
    else if (letter === "{") depth += 1;
    else if (letter === "}") {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return code.length;
}
