/**
 * Runs every benchmark with minimal load, so that none breaks unnoticed. Ignores the measured
 * values.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";

it("prints every measurement of every benchmark", () => {
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
  const measured = stdout
    .split("\n")
    .filter((line) => line.startsWith('{"name"'))
    .map((line) => JSON.parse(line).name);
  expect(measured.sort()).toEqual(names.sort());
});
