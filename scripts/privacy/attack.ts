/**
 * `npm run privacy:attack [-- --corpus DIR] [--seed N] [--each N]`: tries to get secrets and personal
 * data through the firewall and prints one JSON object. Exit code 1: something leaked.
 *
 * By default it generates a corpus: over 150 formats of secrets and personal data of many countries,
 * in command lines, assignments and sentences. `recall` is the scanner's recall by class; `leaks`
 * counts what a real worker let out, detected or not; `precision` covers the whole vocabulary.
 *
 * With `--corpus`, each line `{"text": …}` of the folder's JSONL files is a case. Its `values` must not
 * be found again; without `values`, the whole text must not.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scan } from "../../server/privacy/scanner/scan.ts";
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { type Case, generatedCorpus } from "./corpus/generated.ts";
import { attack, inputCount } from "./field-attack.ts";
import { attackFiles } from "./files-attack.ts";

function casesOf(file: string): readonly Case[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    let row: { text?: unknown; values?: unknown };
    try {
      row = JSON.parse(line);
    } catch {
      throw new Error(`${file}, line ${index + 1}: invalid JSON; expected {"text": "…"}`);
    }
    const { text, values } = row;
    if (typeof text !== "string") throw new Error(`${file}, line ${index + 1}: "text" must be a string`);
    const needles = Array.isArray(values) ? values.map((value) => String(value?.value ?? "")) : [];
    return [{ group: file, text, needles: needles.length > 0 ? needles : [text] }];
  });
}

async function attackFolder(folder: string) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  if (names.length === 0) throw new Error(`${folder}: no .jsonl files`);
  const files: (readonly [string, { cases: number; stored: number; leaks: number; lines: readonly number[] }])[] = [];
  for (const name of names.sort()) {
    const fileCases = casesOf(join(folder, name));
    const { cases, stored, leaks: byFields } = await attack(fileCases);
    const leaks = [...byFields, ...(await attackFiles(fileCases)).leaks];
    process.stderr.write(`${name}: ${cases} cases, ${leaks.length} leaks\n`);
    const lines = leaks.map(({ index }) => index + 1).slice(0, 20);
    files.push([name, { cases, stored, leaks: leaks.length, lines }]);
  }
  const sum = (key: "cases" | "stored" | "leaks") => files.reduce((total, [, counts]) => total + counts[key], 0);
  return { cases: sum("cases"), leaks: sum("leaks"), stored: sum("stored"), files: Object.fromEntries(files) };
}

async function attackGenerated(seed: number, each: number) {
  const groups = generatedCorpus(seed, each);
  const recall: Record<string, { cases: number; found: number; recall: number }> = {};
  const all: Case[] = [];
  for (const { name, kind, cases } of groups) {
    const key = kind === "secret" ? "secrets" : name;
    recall[key] ??= { cases: 0, found: 0, recall: 0 };
    for (const { text, needles } of cases) {
      const left = scan(text).text;
      recall[key].cases += 1;
      if (left === null || !needles.some((needle) => left.includes(needle))) recall[key].found += 1;
    }
    all.push(...cases);
  }
  for (const counts of Object.values(recall)) counts.recall = Number((counts.found / counts.cases).toFixed(4));
  const { cases, stored, leaks } = await attack(all);
  // Hooks start one process per text, so only one case per context is used.
  const inFiles = await attackFiles(all.filter((_, n) => n % each === 0));
  const commandPaths = Object.entries(commands.programs).flatMap(([program, list]) => [
    program,
    ...list.split("|").map((path) => `${program} ${path}`),
  ]);
  return {
    cases,
    leaks: leaks.length + inFiles.leaks.length,
    stored,
    inputCount,
    secretFormats: groups.filter(({ kind }) => kind === "secret").length,
    recall,
    precision: {
      words: commandPaths.length,
      falseHits: commandPaths.filter((path) => scan(path).rules.size > 0).length,
    },
    leaking: [...new Set([...leaks, ...inFiles.leaks].map(({ group }) => group))],
    files: { leaks: inFiles.leaks.length, lines: inFiles.lines, stored: inFiles.stored },
  };
}

const { values } = parseArgs({
  options: {
    corpus: { type: "string" },
    seed: { type: "string", default: "1" },
    each: { type: "string", default: "3" },
  },
});
try {
  const result =
    values.corpus === undefined
      ? await attackGenerated(Number(values.seed), Number(values.each))
      : await attackFolder(values.corpus);
  console.log(JSON.stringify(result, null, values.corpus === undefined ? 2 : 0));
  process.exitCode = result.leaks > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
