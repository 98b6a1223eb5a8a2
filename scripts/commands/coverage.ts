/**
 * `npm run -s commands:coverage -- FILE`: how many lines of a file get a helpful command path, and
 * which programs became `other`. The file is read here and nothing of it is kept.
 */

import { lineCommand } from "../../server/privacy/command/line-command.ts";
import { setsScene } from "../../server/privacy/command/scene.ts";
import { wrappers } from "../../server/privacy/command/wrappers.ts";
import { readShellLine } from "../../server/privacy/shell/reader.ts";
import { withoutScreenText } from "../../server/privacy/shell/screen-text.ts";
import { readLines } from "./read-lines.ts";

const classes = ["program and subcommand", "program only", "hides the command", "other"] as const;
type Class = (typeof classes)[number];

function classOf(line: string): Class {
  const { path } = lineCommand(line);
  if (path === undefined) return "other";
  const { commands } = readShellLine(withoutScreenText(line));
  // The line does something else after setting the scene, or a wrapper runs something unknown.
  const working = commands.filter(({ words }) => words[0] !== undefined && !setsScene(words[0]));
  if (setsScene(path) && working.length > 0) return "hides the command";
  const isWrapper = Object.hasOwn(wrappers, path) && working.some(({ words }) => words.length > 1);
  if (isWrapper) return "hides the command";
  return path.includes(" ") ? "program and subcommand" : "program only";
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: npm run -s commands:coverage -- FILE");
  process.exit(2);
}

const lines = readLines(file);
const counts = new Map<Class, number>(classes.map((name) => [name, 0]));
const unknown = new Map<string, number>();
for (const line of lines) {
  const name = classOf(line);
  counts.set(name, (counts.get(name) ?? 0) + 1);
  if (name !== "other") continue;
  const first = readShellLine(withoutScreenText(line)).commands.find(({ words }) => !setsScene(words[0] ?? ""))
    ?.words[0];
  if (first !== undefined) unknown.set(first, (unknown.get(first) ?? 0) + 1);
}

const percent = (count: number) => `${((100 * count) / Math.max(1, lines.length)).toFixed(1).padStart(6)} %`;
const helpful = (counts.get("program and subcommand") ?? 0) + (counts.get("program only") ?? 0);
console.log(`${lines.length} lines\n`);
console.log(`${percent(helpful)}  helpful`);
for (const name of classes) console.log(`${percent(counts.get(name) ?? 0)}  ${name}`);
const frequent = [...unknown].sort(([, a], [, b]) => b - a).slice(0, 30);
if (frequent.length > 0) console.log("\nMost frequent programs that became other:");
for (const [program, count] of frequent)
  console.log(`${String(count).padStart(8)}  ${JSON.stringify(program).slice(1, -1)}`);
