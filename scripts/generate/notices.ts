/** The notices of everybody whose work ships in the package: names, licences, and their texts, each text once. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What ships otherwise than in a bundle: a binary, and a list of words that was made from it. */
const besideBundles = ["better-sqlite3", "@withfig/autocomplete"];

/** Whose work lies within another package without a notice of its own: what is in it, and whose it is. */
const within: Readonly<Record<string, { readonly name: string; readonly holder: string }>> = {
  // Its parser, compiled to WebAssembly. The notice is that of github.com/nodejs/llhttp.
  undici: { name: "llhttp", holder: "Fedor Indutny, 2018" },
};

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
  const shipped = [...new Set([...names, ...besideBundles])].sort().map(noticeOf);
  return shipped.flatMap((notice) => [notice, ...noticesWithin(notice)]);
}

function noticesWithin({ name, version }: Notice): readonly Notice[] {
  const found = within[name];
  if (found === undefined) return [];
  const words = readFileSync(join(root, "LICENSE"), "utf8").trim();
  const text = words.replace(/^Copyright .*$/m, `Copyright (c) ${found.holder}`);
  return [{ name: found.name, version: `in ${name} ${version}`, license: "MIT", text }];
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
