/**
 * `npm run -s privacy:scan`: reads lines `{"id","text"}` on standard input and writes `{"id","text"}` with what the
 * scanner redacted, or `"text": null` where it drops the whole. A line that cannot be used is named on standard error,
 * and the exit code is then 1; the others are scanned all the same.
 */
import { scan } from "../../server/privacy/scanner/scan.ts";

function scanned(line: string): string {
  const row: unknown = JSON.parse(line);
  if (typeof row !== "object" || row === null) throw new TypeError("not an object");
  const { id, text } = row as { readonly id?: unknown; readonly text?: unknown };
  if (typeof text !== "string") throw new TypeError('no string "text"');
  return JSON.stringify({ id, text: scan(text).text });
}

/** Splits at line feeds alone: a text may hold every other kind of line end. */
async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string> {
  // The parts of a line that has not ended yet.
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
    process.stdout.write(`${scanned(line)}\n`);
  } catch (error) {
    // The parser's own message would quote the line.
    const reason = error instanceof TypeError ? error.message : "not JSON";
    process.stderr.write(`line ${number}: ${reason}; expected {"id": …, "text": "…"}\n`);
    process.exitCode = 1;
  }
}
