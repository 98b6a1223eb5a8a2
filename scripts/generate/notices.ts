/** Generates `THIRD-PARTY-NOTICES.md`: names and licences of all shipped packages, each licence text once. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Shipped outside the bundles: a binary, and word lists generated from a package. */
const outsideBundles = ["better-sqlite3", "@withfig/autocomplete"];

/** Package → third-party code inside it that has no notice there. */
const embedded: Readonly<Record<string, { readonly name: string; readonly holder: string }>> = {
  // The HTTP parser, compiled to WebAssembly; notice from github.com/nodejs/llhttp.
  undici: { name: "llhttp", holder: "Fedor Indutny, 2018" },
};

export interface Notice {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  readonly text: string;
}

/** Returns the notices of the packages in the last build. @throws if there is no build. */
export function notices(): readonly Notice[] {
  const list = join(root, "dist", "packages.json");
  if (!existsSync(list)) throw new Error("dist/packages.json not found. Run npm run build.");
  const names: readonly string[] = JSON.parse(readFileSync(list, "utf8"));
  const shipped = [...new Set([...names, ...outsideBundles])].sort().map(noticeOf);
  return shipped.flatMap((notice) => [notice, ...embeddedNotices(notice)]);
}

function embeddedNotices({ name, version }: Notice): readonly Notice[] {
  const part = embedded[name];
  if (part === undefined) return [];
  const licence = readFileSync(join(root, "LICENSE"), "utf8").trim();
  const text = licence.replace(/^Copyright .*$/m, `Copyright (c) ${part.holder}`);
  return [{ name: part.name, version: `in ${name} ${version}`, license: "MIT", text }];
}

function noticeOf(name: string): Notice {
  const folder = join(root, "node_modules", name);
  const { version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$|-)/i.test(entry));
  const text = file === undefined ? licenceText(license, author) : readFileSync(join(folder, file), "utf8");
  return { name, version, license, text: text.replaceAll("\r\n", "\n").trim() };
}

/** Returns the text for a package without a licence file; our own licence is MIT too. */
function licenceText(license: string, author: string | { readonly name: string }): string {
  if (license !== "MIT") return "";
  const licence = readFileSync(join(root, "LICENSE"), "utf8");
  return licence.replace(/^Copyright .*$/m, `Copyright (c) ${typeof author === "string" ? author : author.name}`);
}

export function noticesPage(): string {
  const all = notices();
  const texts = new Map<string, Notice[]>();
  for (const notice of all) texts.set(notice.text, [...(texts.get(notice.text) ?? []), notice]);
  const titles = (list: readonly Notice[]) =>
    list.map(({ name, version, license }) => `${name} ${version} (${license})`);
  return [
    "# Third-party notices\n\nNexus Telemetry contains the following third-party software.\n",
    ...[...texts].map(([text, list]) => {
      return `## ${titles(list).join(", ")}\n\n\`\`\`text\n${text}\n\`\`\`\n`;
    }),
  ].join("\n");
}
