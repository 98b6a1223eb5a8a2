/** Searches all files in a folder for planted texts. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalTool, isUserDefined } from "../../server/privacy/public-names.ts";
import { isCommandPath } from "../../server/privacy/vocabulary.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";

/** Prints the needles found in the folder. A separate process, because this one may hold the database. */
const searcher = `
  const { readdirSync, readFileSync } = require("node:fs");
  const { join } = require("node:path");
  const [folder, list] = process.argv.slice(1);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map((entry) => join(entry.parentPath, entry.name)).filter((file) => file !== list).map((file) => readFileSync(file));
  const hay = Buffer.concat(bytes);
  const needles = JSON.parse(readFileSync(list, "utf8"));
  console.log(JSON.stringify(needles.filter((needle) => hay.includes(Buffer.from(needle, "utf8")))));`;

/** Returns the needles found in the files of a folder or in `output`. */
export function foundIn(folder: string, output: string, needles: readonly string[]): ReadonlySet<string> {
  const list = join(folder, "needles.json");
  writeFileSync(list, JSON.stringify(needles));
  const found: string[] = JSON.parse(
    execFileSync(process.execPath, ["-e", searcher, folder, list], { encoding: "utf8", maxBuffer: 2 ** 30 }),
  );
  rmSync(list);
  return new Set([...found, ...needles.filter((needle) => output.includes(needle))]);
}

/** Shorter needles occur in random IDs by chance. */
const minNeedleChars = 8;

/** Returns the texts that must not be found: not too short, and not public values. */
export const needlesOf = (planted: readonly string[]): readonly string[] =>
  [...new Set(planted)].filter((needle) => needle.length >= minNeedleChars && !isPublic(needle));

function isPublic(needle: string): boolean {
  if (isCommandPath(needle) || !isUserDefined(canonicalTool(needle))) return true;
  return fieldNames.some((name) => {
    const { type } = fieldTable[name];
    return (type.type === "enum" || type.type === "enum_list") && type.values.includes(needle);
  });
}
