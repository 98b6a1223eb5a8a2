/** Searches everything below a folder for what was planted, in a process of its own: this one may have the database open. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalTool, isUsersOwn } from "../../server/privacy/public-names.ts";
import { isCommandPath } from "../../server/privacy/vocabulary.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";

/** Prints those of the needles that stand in any file below the folder; run as a process of its own. */
const searcher = `
  const { readdirSync, readFileSync } = require("node:fs");
  const { join } = require("node:path");
  const [folder, list] = process.argv.slice(1);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map((entry) => join(entry.parentPath, entry.name)).filter((file) => file !== list).map((file) => readFileSync(file));
  const hay = Buffer.concat(bytes);
  const needles = JSON.parse(readFileSync(list, "utf8"));
  console.log(JSON.stringify(needles.filter((needle) => hay.includes(Buffer.from(needle, "utf8")))));`;

/** The needles that stand in any file below a folder, or in what was said. */
export function foundIn(folder: string, output: string, needles: readonly string[]): ReadonlySet<string> {
  const list = join(folder, "needles.json");
  writeFileSync(list, JSON.stringify(needles));
  const found: string[] = JSON.parse(
    execFileSync(process.execPath, ["-e", searcher, folder, list], { encoding: "utf8", maxBuffer: 2 ** 30 }),
  );
  rmSync(list);
  return new Set([...found, ...needles.filter((needle) => output.includes(needle))]);
}

/** Shorter needles stand in random ids by chance; whether they are words is judged by the words alone. */
const shortest = 8;

/** What must not be found again: not what is too short to say anything, nor a public word, which may be stored. */
export const needlesOf = (planted: readonly string[]): readonly string[] =>
  [...new Set(planted)].filter((needle) => needle.length >= shortest && !isPublic(needle));

function isPublic(needle: string): boolean {
  if (isCommandPath(needle) || !isUsersOwn(canonicalTool(needle))) return true;
  return fieldNames.some((name) => {
    const { type } = fieldTable[name];
    return (type.type === "enum" || type.type === "enum_list") && type.values.includes(needle);
  });
}
