/** The lint rules that hold the house together can fail: a wrong import in each direction is refused. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

function lint(folder: string, code: string): string {
  const probe = join(root, folder, "probe-of-the-house");
  mkdirSync(probe, { recursive: true });
  onTestFinished(() => rmSync(probe, { recursive: true }));
  const file = join(probe, "probe.ts");
  writeFileSync(file, `${code}\n`);
  const { stdout, stderr } = spawnSync("biome", ["lint", file], { cwd: root, encoding: "utf8" });
  return stdout + stderr;
}

it.each([
  ["shared", "../../server/clock.ts", "shared/ imports nothing but shared/"],
  ["shared", "zod", "shared/ imports nothing but shared/"],
  ["server", "../../extension/timers.ts", "server/ imports only shared/ and itself"],
  ["server", "vscode", "The worker knows no editor"],
  ["server", "../privacy/raw.ts", "Only privacy/ may open raw input"],
  ["extension", "../../server/clock.ts", "extension/ imports only shared/ and itself"],
  ["extension", "zod", "heavy packages live in the worker"],
  ["webview", "../../extension/timers.ts", "webview/ imports only shared/ and itself"],
  ["cloud", "../../server/clock.ts", "cloud/ imports only shared/ and itself"],
  ["webview", "node:fs", "Node.js builtin module"],
])("%s may not import %s", (folder, imported, message) => {
  expect(lint(folder, `import { x } from "${imported}";\n\nexport const y = x;`)).toContain(message);
});
