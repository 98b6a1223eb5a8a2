/**
 * The extension's page as a gallery (Visual Studio Marketplace, Open VSX) and VS Code show it: manifest and README of the package,
 * rendered as HTML. Finds what would be broken there. Connects to nothing.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { marked, type Token } from "marked";

export interface MarketplacePage {
  readonly html: string;
  /** One sentence each. */
  readonly problems: readonly string[];
}

interface Manifest {
  readonly displayName?: string;
  readonly description?: string;
  readonly icon?: string;
  readonly categories?: readonly string[];
  readonly keywords?: readonly string[];
}

/** Of the gallery (code.visualstudio.com/api/references/extension-manifest). */
const categories = [
  "AI",
  "Azure",
  "Chat",
  "Data Science",
  "Debuggers",
  "Education",
  "Extension Packs",
  "Formatters",
  "Keymaps",
  "Language Packs",
  "Linters",
  "Machine Learning",
  "Notebooks",
  "Other",
  "Programming Languages",
  "SCM Providers",
  "Snippets",
  "Testing",
  "Themes",
  "Visualization",
];
/** More are refused. */
const maxKeywords = 30;
/** The gallery shows it in twice that size. Pixels. */
const minIcon = 128;
/** The gallery cuts longer ones in its lists. Characters. */
const maxDescription = 145;

type Files = Readonly<Record<string, Uint8Array>>;

/** Where the pictures and documents of a release can be read, and the folder that is published there. */
export interface Pages {
  readonly url: string | undefined;
  readonly folder: string;
}

/** Returns the page of a package. @throws if it is no package. */
export async function marketplacePage(vsix: string, pages: Pages): Promise<MarketplacePage> {
  const files: Files = unzipSync(await readFile(vsix));
  const text = (name: string): string => {
    const found = Object.keys(files).find((file) => file.toLowerCase() === `extension/${name}`);
    if (found === undefined) throw new Error(`${vsix} has no ${name}.`);
    return strFromU8(files[found] ?? new Uint8Array());
  };
  const manifest: Manifest = translated(JSON.parse(text("package.json")), JSON.parse(text("package.nls.json")));
  const [readme, changelog] = [text("readme.md"), text("changelog.md")];
  const problems = [
    ...manifestProblems(manifest, files),
    ...documentProblems("README.md", readme, files, pages),
    ...documentProblems("CHANGELOG.md", changelog, files, pages),
  ];
  return { html: htmlOf(manifest, readme), problems };
}

/** The manifest with its texts in place of their keys. */
function translated(manifest: Manifest, texts: Readonly<Record<string, string>>): Manifest {
  return JSON.parse(
    JSON.stringify(manifest, (_, value) =>
      typeof value === "string" && /^%.+%$/.test(value) ? (texts[value.slice(1, -1)] ?? value) : value,
    ),
  );
}

function manifestProblems(manifest: Manifest, files: Files): readonly string[] {
  const { displayName = "", description = "", icon = "", categories: chosen = [], keywords = [] } = manifest;
  const image = files[`extension/${icon}`];
  const size = image === undefined ? undefined : pngSize(image);
  return [
    ...(displayName === "" ? ["package.json: there is no displayName."] : []),
    ...(description === "" || description.length > maxDescription
      ? [`package.json: the description has ${description.length} characters; write 1 to ${maxDescription}.`]
      : []),
    ...(size === undefined
      ? [`package.json: the icon ${icon} is no PNG in the package.`]
      : size.width !== size.height || size.width < minIcon
        ? [`${icon}: ${size.width} × ${size.height} pixels; make it square, ${minIcon} or more.`]
        : []),
    ...chosen.filter((name) => !categories.includes(name)).map((name) => `package.json: unknown category ${name}.`),
    ...(keywords.length > maxKeywords
      ? [`package.json: ${keywords.length} keywords; ${maxKeywords} is the most.`]
      : []),
  ];
}

function documentProblems(name: string, text: string, files: Files, pages: Pages): readonly string[] {
  const tokens = marked.lexer(text);
  const anchors = new Set(headingsOf(tokens).map(anchorOf));
  const problems: string[] = [];
  void marked.walkTokens(tokens, (token) => {
    if (token.type === "html" && /<img\b|<svg\b/i.test(token.raw))
      problems.push(`${name}: write pictures as Markdown: ${token.raw.trim()}`);
    if (token.type === "image") problems.push(...imageProblems(name, String(token["href"]), pages));
    if (token.type === "link") problems.push(...linkProblems(name, String(token["href"]), anchors, files, pages));
  });
  return problems;
}

/** VS Code and galleries load pictures by https only. */
function imageProblems(name: string, href: string, pages: Pages): readonly string[] {
  const loads = isPublished(href, pages) ?? (href.startsWith("https://") && URL.canParse(href));
  return loads ? [] : [`${name}: the picture ${href.slice(0, 60)} does not load.`];
}

/** Whether a URL of the pages is a file of the published folder; `undefined` for other URLs. */
function isPublished(href: string, { url, folder }: Pages): boolean | undefined {
  if (url === undefined || !href.startsWith(url)) return undefined;
  const [path = ""] = href.slice(url.length).split("#");
  return existsSync(join(folder, decodeURI(path)));
}

function linkProblems(
  name: string,
  href: string,
  anchors: ReadonlySet<string>,
  files: Files,
  pages: Pages,
): readonly string[] {
  if (href.startsWith("#")) return anchors.has(href.slice(1)) ? [] : [`${name}: there is no heading for ${href}.`];
  if (/^(?:https:\/\/|mailto:|command:)/.test(href)) {
    const works = isPublished(href, pages) ?? URL.canParse(href);
    return works ? [] : [`${name}: broken link ${href}.`];
  }
  const [path = ""] = href.split("#");
  const exists = Object.keys(files).some((file) => file.toLowerCase() === `extension/${path}`.toLowerCase());
  return exists ? [] : [`${name}: ${href} is not in the package.`];
}

function headingsOf(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap((token) => (token.type === "heading" ? [String(token["text"])] : []));
}

/** The anchor of a heading, as GitHub and VS Code make it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** Returns width and height in pixels; `undefined` for anything but a PNG. */
function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const buffer = Buffer.from(bytes);
  if (buffer.length < 33 || buffer.toString("latin1", 1, 4) !== "PNG" || buffer.toString("latin1", 12, 16) !== "IHDR")
    return undefined;
  return { width: buffer.readUInt32BE(16), height: buffer.readUInt32BE(20) };
}

/** Galleries and VS Code load pictures by https only, and run no scripts. */
function htmlOf({ displayName = "", description = "" }: Manifest, readme: string): string {
  const policy = "default-src 'none'; img-src https:; style-src 'unsafe-inline'";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${displayName}</title>
<style>
body { max-width: 980px; margin: 2rem auto; padding: 0 1rem; font: 14px/1.6 sans-serif; color: #24292f; }
img { max-width: 100%; }
table { border-collapse: collapse; }
th, td { border: 1px solid #d0d7de; padding: 6px 13px; text-align: left; }
code { background: #eff1f3; padding: 0.2em 0.4em; border-radius: 6px; }
header { border-bottom: 1px solid #d0d7de; margin-bottom: 1rem; }
</style>
</head>
<body>
<header><h1>${displayName}</h1><p>${description}</p></header>
${marked.parse(readme, { async: false })}
</body>
</html>
`;
}
