/** Builds and packages the extension for this platform, or for `--target PLATFORM`. Prints the file's path. */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createVSIX } from "@vscode/vsce";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The marketplace's platforms, and the database library's binary for each. */
export const targets: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "alpine-x64": "linuxmusl-x64",
  "alpine-arm64": "linuxmusl-arm64",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64",
  "win32-arm64": "win32-arm64",
};

export async function packageVsix(target = `${process.platform}-${process.arch}`): Promise<string> {
  const binary = targets[target];
  if (binary === undefined) throw new Error(`${target} is none of ${Object.keys(targets).join(", ")}`);
  execFileSync(process.execPath, ["esbuild.mjs"], { cwd: root, stdio: "inherit" });
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const folder = join(root, "out");
  const ignoreFile = join(folder, `.vscodeignore-${target}`);
  const packagePath = join(folder, `nexus-telemetry-${version}-${target}.vsix`);
  await mkdir(folder, { recursive: true });
  await writeFile(ignoreFile, `${await readFile(join(root, ".vscodeignore"), "utf8")}!dist/prebuilds/${binary}.node\n`);
  await createVSIX({
    cwd: root,
    target,
    packagePath,
    ignoreFile,
    dependencies: false,
    allowMissingRepository: true,
    // The manual's pictures lie in the repository, which the package does not name.
    rewriteRelativeLinks: false,
  });
  await rm(ignoreFile);
  return packagePath;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { target: { type: "string" } } });
  console.log(await packageVsix(values.target));
}
