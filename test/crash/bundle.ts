/** Bundles a program of this folder, so that a test can run it as a child process and kill it. */
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../scripts/generate/generate.ts";

/** Bundles `NAME.ts` of this folder. Returns the path of the bundle. */
export async function bundleProgram(name: string): Promise<string> {
  const outfile = join(root, "out", "crash", `${name}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["better-sqlite3", "protobufjs/minimal", "undici"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  return outfile;
}
