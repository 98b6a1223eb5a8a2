/** `npm run watch`: builds with source maps, and again after each change of a source file. Ctrl+C ends it. */
import { spawnSync } from "node:child_process";
import { watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = ["cli", "extension", "sdk/node", "server", "shared", "webview"];
/** Editors write a file in several steps. Milliseconds. */
const settleMs = 200;

function build(): void {
  const startedMs = performance.now();
  const { status } = spawnSync(process.execPath, ["esbuild.mjs", "--dev"], { cwd: root, stdio: "inherit" });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(status === 0 ? `Built in ${seconds} s. Waiting for changes…` : "Build failed. Waiting for changes…");
}

let timer: NodeJS.Timeout | undefined;
for (const folder of folders) {
  watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (name?.includes(".test.")) return;
    clearTimeout(timer);
    timer = setTimeout(build, settleMs);
  });
}
build();
