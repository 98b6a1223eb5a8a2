/** The notices of everybody whose work ships in the package: names, licences, and their texts, each text once. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What ships otherwise than in a bundle: a binary, and a list of words that was made from it. */
const besideBundles = ["better-sqlite3", "@withfig/autocomplete"];

export interface Notice {
  readonly name: string;
  readonly version: string;
  /** As an SPDX expression. */
  readonly license: string;
  readonly text: string;
}

/** Of the packages in what was last built. */
export function notices(): readonly Notice[] {
  const list = join(root, "dist", "packages.json");
  if (!existsSync(list)) throw new Error("Nothing is built yet: npm run build.");
  const names: readonly string[] = JSON.parse(readFileSync(list, "utf8"));
  return [...new Set([...names, ...besideBundles])].sort().map(noticeOf);
}

function noticeOf(name: string): Notice {
  const folder = join(root, "node_modules", name);
  const { version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$|-)/i.test(entry));
  const text = file === undefined ? wordsOf(license, author) : readFileSync(join(folder, file), "utf8");
  return { name, version, license, text: text.replaceAll("\r\n", "\n").trim() };
}

/** The licence's own words, for a package that only names it: ours is the same one. */
function wordsOf(license: string, author: string | { readonly name: string }): string {
  if (license !== "MIT") return "";
  const words = readFileSync(join(root, "LICENSE"), "utf8");
  return words.replace(/^Copyright .*$/m, `Copyright (c) ${typeof author === "string" ? author : author.name}`);
}

export function noticesPage(): string {
  const all = notices();
  const texts = new Map<string, Notice[]>();
  for (const notice of all) texts.set(notice.text, [...(texts.get(notice.text) ?? []), notice]);
  const named = (list: readonly Notice[]) =>
    list.map(({ name, version, license }) => `${name} ${version} (${license})`);
  return [
    "# Third-party notices\n\nNexus Telemetry contains the work of others. Their names, licences and notices:\n",
    ...[...texts].map(([text, list]) => {
      return `## ${named(list).join(", ")}\n\n\`\`\`text\n${text}\n\`\`\`\n`;
    }),
  ].join("\n");
}
