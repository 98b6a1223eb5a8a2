/**
 * `npm run package:node`: packs the Node SDK into `out/nexus-telemetry-node-VERSION.tgz`, which `npm install FILE` installs. It has
 * no dependencies: they are bundled.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Returns the path of the package. The project must be built. */
export function packageNode(): string {
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folder = join(root, "out", "node-package");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "dist", "node"), join(folder, "dist", "node"), { recursive: true });
  for (const [from, to] of [
    ["dist/worker/commands.json", "dist/worker/commands.json"],
    ["LICENSE", "LICENSE"],
    ["THIRD-PARTY-NOTICES.md", "THIRD-PARTY-NOTICES.md"],
    ["docs/guide/node-sdk.md", "README.md"],
  ] as const)
    cpSync(join(root, from), join(folder, to));
  const manifest = {
    name: "nexus-telemetry",
    version,
    description: "Node SDK of Nexus Telemetry: records usage on the user's machine, with the user's consent.",
    license,
    type: "module",
    engines: { node: ">=22.14" },
    exports: {
      "./node": { types: "./dist/node/types/sdk/node/index.d.ts", import: "./dist/node/index.mjs" },
      "./package.json": "./package.json",
    },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const name = execFileSync("npm", ["pack", "--silent", "--pack-destination", join(root, "out")], {
    cwd: folder,
    encoding: "utf8",
  }).trim();
  rmSync(folder, { recursive: true });
  return join(root, "out", name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(packageNode());
