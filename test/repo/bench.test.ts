/** Every bench runs to its end, with next to no load, so that none breaks unnoticed. No figure counts here. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";

it("every bench runs to its end and prints every figure it names", () => {
  const source = readFileSync(join(root, "bench", "run.ts"), "utf8");
  const table = source.slice(source.indexOf("const benches"), source.indexOf("];\n\n"));
  const names = [...table.matchAll(/"([a-z0-9-]+)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(30);
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, "bench", "run.ts"), "--tiny", "--json"], {
    cwd: root,
    encoding: "utf8",
    timeout: 280_000,
  });
  expect(stderr).not.toContain("failed");
  const figures = stdout
    .split("\n")
    .filter((line) => line.startsWith('{"name"'))
    .map((line) => JSON.parse(line).name);
  expect(figures.sort()).toEqual(names.sort());
});
