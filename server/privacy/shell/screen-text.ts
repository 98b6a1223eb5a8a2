/**
 * Removes what belongs to the screen and not to the command: colours, invisible marks, a prompt or
 * a history entry's number that was pasted with the line.
 */
import { stripVTControlCharacters } from "node:util";

const invisible = /[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]/g;
const wideBlank = /[\u00a0\u2000-\u200a\u202f\u3000]/g;
const unusual = /[\ufeff\u00a0\u2000-\u206f\u3000]/;
const escapeCharacter = "\u001b";
/** In a longer line nothing is stripped: the time grows with the square of the length. */
const maxColouredLength = 4_096;

/** Number and time of a history entry: `  597  2017-01-01 11:29:33 mkdir app`. */
const historyEntry =
  /^\s*(?:\d{1,6}\*?\s+(?:\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?\s+)?|\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^\]\n]{0,12}\]?:?\s+)(?=\S)/;

/** `PS C:\work> `, `C:\work>`, `$ `, `❯ `, `(venv) me@host app % `, `➜  app git:(main) ✗ `, `[me@host app]$ `, `~/app $ `. */
const prompt =
  /^\s*(?:PS(?: [^>\n]{1,260})?>\s?|[A-Za-z]:\\[^>\n|&<"']{0,260}(?<! )>\s?(?=[A-Za-z])|(?:\([\w.-]{1,60}\) )?(?:➜ +[\w.~-]{1,60} git:\([^)\n]{1,100}\)(?: ✗)? +|➜ {2,}[\w.~-]{1,60} +|\[[\w.-]{1,60}@[^\]\n]{1,120}\][$#%] +|~(?:\/[\w./-]{0,120})? ?[$%❯] +|(?:ba|z|k)?sh-\d[\d.]{0,8}[$#%] +|[$❯➜λ»›%]\s+|>\s+(?=[a-z][a-z0-9-]*(?:\s|$))|[\w.-]{1,60}@[\w.-]{1,60}[^\n$%#>|;&]{0,120}[$%#>]\s+))/u;

/** The first character of a line that may start with a prompt or a history entry. */
const mayStartPrompt = /^\s*[\d[~PA-Za-z($❯➜λ»›%>]/u;
/** A prompt ends with one of these, followed by a blank. */
const mayContainPrompt = /^[^\n]{0,400}?[>$❯➜λ»›%#](?:\s|[A-Za-z])/u;

export function withoutScreenText(line: string): string {
  let text = line;
  if (text.includes(escapeCharacter) && text.length <= maxColouredLength) text = stripVTControlCharacters(text);
  if (unusual.test(text)) text = text.replace(invisible, "").replace(wideBlank, " ");
  const first = text.charCodeAt(0);
  // A digit, a bracket or a blank may start a history entry.
  if (first === 91 || first === 32 || (first >= 48 && first <= 57)) text = text.replace(historyEntry, "");
  return mayStartPrompt.test(text) && mayContainPrompt.test(text) ? withoutPrompts(text) : text;
}

/** Removes the prompt; if later lines have one too, the lines without are output of the commands. */
function withoutPrompts(text: string): string {
  const first = prompt.exec(text)?.[0];
  if (first === undefined) return text;
  if (!text.includes("\n")) return text.slice(first.length);
  const [, ...later] = text.split("\n");
  if (!later.some((line) => prompt.test(line))) return text.slice(first.length);
  const kept = text.split("\n").filter((line, n, lines) => prompt.test(line) || lines[n - 1]?.endsWith("\\") === true);
  return kept.map((line) => line.replace(prompt, "")).join("\n");
}
