/**
 * Counts which letter follows which in public words, for the scanner's sense of what a word looks like:
 * `server/privacy/scanner/letter-pairs.json`, from the names and descriptions of `@withfig/autocomplete` (MIT).
 *
 * Run with `npm run generate`; a test checks that the file is in step with its source.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const source = fileURLToPath(new URL("../../node_modules/@withfig/autocomplete", import.meta.url));

/** The letters a to z, and the border of a word. */
const signs = 27;
const border = 26;

/** Every text in a specification, however deep. */
function* textsIn(specification: unknown): Generator<string> {
  const waiting: unknown[] = [specification];
  const seen = new Set<unknown>();
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") yield value;
    else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      for (const [name, part] of Object.entries(value)) {
        if (!["icon", "loadSpec", "insertValue"].includes(name)) waiting.push(part);
      }
    }
  }
}

/** A word counts once, however often it is used: what matters is what words look like. */
async function publicWords(): Promise<ReadonlySet<string>> {
  const folder = join(source, "build");
  const words = new Set<string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".js") || entry.name === "index.js") continue;
    const module: { default?: unknown } = await import(pathToFileURL(join(folder, entry.name)).href);
    for (const text of textsIn(module.default)) {
      for (const [word] of text.matchAll(/[A-Z]?[a-z]{2,24}|[A-Z]{2,8}/g)) words.add(word.toLowerCase());
    }
  }
  return words;
}

/** The whole file's text: for each pair of signs, how many half bits its second sign tells after the first. */
export async function letterPairsText(): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  // One is added to each count, so that no pair is impossible.
  const counts = new Array<number>(signs * signs).fill(1);
  const words = await publicWords();
  for (const word of words) {
    let before = border;
    for (const letter of [...word].map((char) => char.charCodeAt(0) - 97).concat(border)) {
      const pair = before * signs + letter;
      counts[pair] = (counts[pair] ?? 0) + 1;
      before = letter;
    }
  }
  const rows: string[] = [];
  for (let before = 0; before < signs; before += 1) {
    const row = counts.slice(before * signs, (before + 1) * signs);
    const sum = row.reduce((total, count) => total + count, 0);
    const halfBits = row.map((count) => Math.min(15, Math.round(-2 * Math.log2(count / sum))));
    rows.push(halfBits.map((value) => value.toString(16)).join(""));
  }
  return `{
  "generated": "by scripts/generate/letter-pairs.ts, do not edit",
  "source": "${words.size} words of @withfig/autocomplete ${manifest.version} (MIT)",
  "halfBits": [
${rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n")}
  ]
}
`;
}
