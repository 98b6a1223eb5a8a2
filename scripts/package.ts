/**
 * Builds and packages the extension for this platform, for `--target PLATFORM`, for machines without
 * their own target (`--target universal`), or for all of these (`--target all`). Prints the paths.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createVSIX } from "@vscode/vsce";

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

export async function packageVsix(target = `${process.platform}-${process.arch}`): Promise<string> {
  const shipped = target === universal ? Object.values(binaries) : [binaries[target]];
  if (shipped.includes(undefined))
    throw new Error(`Unknown target: ${target}. Valid values: ${targets.join(", ")}, all.`);
  execFileSync(process.execPath, ["esbuild.mjs"], { cwd: root, stdio: "inherit" });
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const folder = join(root, "out");
  const ignoreFile = join(folder, `.vscodeignore-${target}`);
  const packagePath = join(folder, `nexus-telemetry-${version}-${target}.vsix`);
  await mkdir(folder, { recursive: true });
  const allowed = shipped.map((name) => `!dist/prebuilds/${name}.node\n`).join("");
  await writeFile(ignoreFile, `${await readFile(join(root, ".vscodeignore"), "utf8")}${allowed}`);
  await createVSIX({
    cwd: root,
    ...(target === universal ? {} : { target }),
    packagePath,
    ignoreFile,
    dependencies: false,
    allowMissingRepository: true,
    ...linksTo(process.env["NEXUS_PAGES"]),
  });
  await rm(ignoreFile);
  return packagePath;
}

/** The images are in the repository, whose URL package.json does not contain; a release sets it. */
const linksTo = (pages: string | undefined) =>
  pages === undefined ? { rewriteRelativeLinks: false } : { baseContentUrl: pages, baseImagesUrl: pages };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { target } = parseArgs({ options: { target: { type: "string" } } }).values;
  for (const each of target === "all" ? targets : [target]) console.log(await packageVsix(each));
}
