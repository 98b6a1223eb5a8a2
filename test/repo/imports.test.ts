/**
 * The layering rules: the linter rejects a wrong import in each direction, and folders never import
 * each other.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

function lint(folder: string, code: string): string {
  const probe = join(root, folder, "lint-probe");
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
])("rejects an import in %s of %s", (folder, imported, message) => {
  expect(lint(folder, `import { x } from "${imported}";\n\nexport const y = x;`)).toContain(message);
});

const importPattern = /(?:\bfrom|\bimport\(?)\s*"(\.{1,2}\/[^"]+)"/g;

/** Returns pairs of sibling folders of which one imports the other, as `importing -> imported`. */
function folderImports(): ReadonlySet<string> {
  const sides = ["extension", "webview", "shared", "server", "cli", "cloud", "sdk"];
  const listed = spawnSync("git", ["ls-files", "-co", "--exclude-standard", ...sides], { cwd: root, encoding: "utf8" });
  const pairs = new Set<string>();
  for (const file of listed.stdout.split("\n")) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file.startsWith("cloud/test/")) continue;
    const path = join(root, file);
    if (!existsSync(path)) continue;
    const from = posix.dirname(file).split("/");
    for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(importPattern)) {
      const to = posix.dirname(posix.join(posix.dirname(file), specifier)).split("/");
      let common = 0;
      while (common < from.length && from[common] === to[common]) common++;
      // A folder and its subfolders may import each other.
      if (common >= from.length || common >= to.length) continue;
      pairs.add(`${from.slice(0, common + 1).join("/")} -> ${to.slice(0, common + 1).join("/")}`);
    }
  }
  return pairs;
}

describe("folders", () => {
  const pairs = folderImports();

  it("include a known import, which proves that the search works", () => {
    expect(pairs).toContain("server/upload -> server/store");
  });

  it("never import each other", () => {
    const mutual = [...pairs].filter((pair) => pairs.has(pair.split(" -> ").reverse().join(" -> ")));
    expect(mutual).toEqual([]);
  });

  it("of shared/ import only lower ones", () => {
    const order = ["vocabulary", "schema", "consent", "protocol", "text"].map((name) => `shared/${name}`);
    const backward = [...pairs].filter((pair) => {
      const [from = "", to = ""] = pair.split(" -> ");
      return order.includes(from) && order.includes(to) && order.indexOf(from) < order.indexOf(to);
    });
    expect(backward).toEqual([]);
  });
});
