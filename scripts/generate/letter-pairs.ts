/**
 * Generates `server/privacy/scanner/letter-pairs.json`: how likely each letter follows another in
 * public words, by which the scanner distinguishes words from random strings. The words are the names
 * and descriptions of `@withfig/autocomplete` (MIT).
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const source = fileURLToPath(new URL("../../node_modules/@withfig/autocomplete", import.meta.url));

/** a to z, and the word boundary. */
const symbols = 27;
const boundary = 26;

/** Yields all strings of a specification, at any depth. */
function* textsIn(specification: unknown): Generator<string> {
  const stack: unknown[] = [specification];
  const seen = new Set<unknown>();
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value === "string") yield value;
    else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      for (const [name, part] of Object.entries(value)) {
        if (!["icon", "loadSpec", "insertValue"].includes(name)) stack.push(part);
      }
    }
  }
}

/** Returns each word once: only the form of words matters, not their frequency. */
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

/** Returns the file's text: for each pair of symbols, the information of the second in half bits. */
export async function letterPairsText(): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  // Starting at 1 (add-one smoothing), so that no pair is impossible.
  const counts = new Array<number>(symbols * symbols).fill(1);
  const words = await publicWords();
  for (const word of words) {
    let previous = boundary;
    for (const letter of [...word].map((char) => char.charCodeAt(0) - 97).concat(boundary)) {
      const pair = previous * symbols + letter;
      counts[pair] = (counts[pair] ?? 0) + 1;
      previous = letter;
    }
  }
  const rows: string[] = [];
  for (let first = 0; first < symbols; first += 1) {
    const row = counts.slice(first * symbols, (first + 1) * symbols);
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
