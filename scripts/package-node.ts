/**
 * `npm run package:node`: packs the Node SDK and the command into `out/nexus-telemetry-VERSION.tgz`, which `npm install FILE` and
 * `npx FILE` take. It has no dependencies: they are bundled, and SQLite is Node's.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Returns the path of the package, in `destination`. The project must be built. */
export function packageNode(destination = join(root, "out")): string {
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  mkdirSync(destination, { recursive: true });
  const folder = mkdtempSync(join(destination, "package-"));
  for (const name of ["node", "cli", "worker"])
    cpSync(join(root, "dist", name), join(folder, "dist", name), { recursive: true });
  for (const [from, to] of [
    ["bin/npx.cjs", "bin/npx.cjs"],
    ["LICENSE", "LICENSE"],
    ["THIRD-PARTY-NOTICES.md", "THIRD-PARTY-NOTICES.md"],
    ["docs/guide/node-sdk.md", "README.md"],
  ] as const)
    cpSync(join(root, from), join(folder, to));
  const manifest = {
    name: "nexus-telemetry",
    version,
    description:
      "Usage of your tools and AI agents, on your machine: the nexus command, and the SDK for Node programs.",
    license,
    type: "module",
    engines: { node: ">=22.14" },
    bin: { nexus: "./bin/npx.cjs", "nexus-telemetry": "./bin/npx.cjs" },
    exports: {
      "./node": { types: "./dist/node/types/sdk/node/index.d.ts", import: "./dist/node/index.mjs" },
      "./package.json": "./package.json",
    },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const name = execFileSync("npm", ["pack", "--silent", "--pack-destination", destination], {
    cwd: folder,
    encoding: "utf8",
  }).trim();
  rmSync(folder, { recursive: true });
  return join(destination, name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(packageNode());
