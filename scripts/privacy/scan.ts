/**
 * `npm run -s privacy:scan`: reads lines `{"id","text"}` from standard input and writes them with the
 * text as the scanner redacts it; `"text": null` if it drops the text. Invalid lines are reported on
 * standard error and make the exit code 1; the other lines are still scanned.
 */
import { scan } from "../../server/privacy/scanner/scan.ts";

function scanLine(line: string): string {
  const row: unknown = JSON.parse(line);
  if (typeof row !== "object" || row === null) throw new TypeError("must be an object");
  const { id, text } = row as { readonly id?: unknown; readonly text?: unknown };
  if (typeof text !== "string") throw new TypeError('"text" must be a string');
  return JSON.stringify({ id, text: scan(text).text });
}

/** Splits only at line feeds: a text may contain other line separators. */
async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string> {
  // Parts of the current, incomplete line.
  let parts: string[] = [];
  for await (const chunk of input) {
    const [first = "", ...more] = chunk.split("\n");
    parts.push(first);
    for (const next of more) {
      yield parts.join("");
      parts = [next];
    }
  }
  yield parts.join("");
}

let number = 0;
for await (const line of linesOf(process.stdin.setEncoding("utf8"))) {
  number += 1;
  if (line.trim() === "") continue;
  try {
    process.stdout.write(`${scanLine(line)}\n`);
  } catch (error) {
    // The parser's message would quote the line.
    const reason = error instanceof TypeError ? error.message : "invalid JSON";
    process.stderr.write(`line ${number}: ${reason}; expected {"id": …, "text": "…"}\n`);
    process.exitCode = 1;
  }
}
