/**
 * Builds and packages the extension for this platform, for `--target PLATFORM`, for machines without
 * their own target (`--target universal`), or for all of these (`--target all`). Prints the paths.
 * `--check` also renders the page that a gallery shows, and fails on what is broken there.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createVSIX } from "@vscode/vsce";
import { marketplacePage } from "./marketplace/page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Marketplace target → binary of better-sqlite3. */
const binaries: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "alpine-x64": "linuxmusl-x64",
  "alpine-arm64": "linuxmusl-arm64",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64",
  "win32-arm64": "win32-arm64",
};

/** For other machines: all binaries; if none can be loaded, Node's built-in SQLite is used. */
const universal = "universal";

export const targets: readonly string[] = [...Object.keys(binaries), universal];

/** `pages`: URL under which the repository's files can be read, for the pictures; a release sets it. */
export async function packageVsix(
  target = `${process.platform}-${process.arch}`,
  pages = process.env["NEXUS_PAGES"],
): Promise<string> {
  const shipped = target === universal ? Object.values(binaries) : [binaries[target]];
  if (shipped.includes(undefined))
    throw new Error(`Unknown target: ${target}. Valid values: ${targets.join(", ")}, all.`);
  execFileSync(process.execPath, ["esbuild.mjs"], { cwd: root, stdio: "inherit" });
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const packagePath = join(root, "out", `nexus-telemetry-${version}-${target}.vsix`);
  const stage = join(root, "out", `package-${target}`);
  await stageFiles(stage, pages);
  const allowed = shipped.map((name) => `!dist/prebuilds/${name}.node\n`).join("");
  await writeFile(join(stage, ".vscodeignore"), `${await readFile(join(root, ".vscodeignore"), "utf8")}${allowed}`);
  await createVSIX({
    cwd: stage,
    ...(target === universal ? {} : { target }),
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    ...linksTo(pages),
  });
  await rm(stage, { recursive: true });
  return packagePath;
}

/** Copies what may be packaged to a folder of its own, where the extension's README takes the place of the repository's. */
async function stageFiles(stage: string, pages: string | undefined): Promise<void> {
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage, { recursive: true });
  const files = ["package.json", "package.nls.json", "LICENSE", "THIRD-PARTY-NOTICES.md", "telemetry.json"];
  for (const name of [...files, "bin", "media", "dist"])
    await cp(join(root, name), join(stage, name), { recursive: true });
  await cp(join(root, "extension", "CHANGELOG.md"), join(stage, "CHANGELOG.md"));
  const readme = await readFile(join(root, "extension", "README.md"), "utf8");
  const text = pages === undefined ? withoutPictures(readme) : readme;
  // Links are relative to the repository's root in a package.
  await writeFile(join(stage, "README.md"), text.replaceAll("](../", "]("));
}

/** VS Code and galleries load pictures by https only: a package that no release published has none. */
const withoutPictures = (readme: string): string => readme.replaceAll(/^!\[[^\]]*\]\([^)]+\)\n\n/gm, "");

/** package.json does not contain the repository's URL. */
const linksTo = (pages: string | undefined) =>
  pages === undefined ? { rewriteRelativeLinks: false } : { baseContentUrl: pages, baseImagesUrl: pages };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { target: { type: "string" }, check: { type: "boolean" } } as const;
  const { target, check } = parseArgs({ options }).values;
  for (const each of target === "all" ? targets : [target]) {
    const vsix = await packageVsix(each);
    console.log(vsix);
    if (check !== true) continue;
    const { html, problems } = await marketplacePage(vsix, { url: process.env["NEXUS_PAGES"], folder: root });
    const page = vsix.replace(/\.vsix$/, ".html");
    await writeFile(page, html);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
    else console.log(`${page}: the page is in order.`);
  }
}
