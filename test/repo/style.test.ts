/** Style rules that the linter does not have. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

function sources(): readonly string[] {
  const { stdout } = spawnSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.mjs", "*.cjs"], {
    cwd: root,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((file) => file !== "" && existsSync(join(root, file)));
}

/**
 * Returns the lines on which a literal spreads a literal, such as `...{ a, b }` or `...["x", "y"]`,
 * without a method call.
 */
function spreadLiterals(text: string): readonly number[] {
  const found: number[] = [];
  for (const { index } of text.matchAll(/\.\.\.[[{]/g)) {
    let depth = 0;
    let end = index + 3;
    do {
      if ("[{(".includes(text[end] ?? "")) depth += 1;
      if ("]})".includes(text[end] ?? "")) depth -= 1;
      end += 1;
    } while (depth > 0 && end < text.length);
    if (!/^[.[?]/.test(text.slice(end))) found.push(text.slice(0, index).split("\n").length);
  }
  return found;
}

describe("literals", () => {
  it("are reported only if they spread a literal", () => {
    const spread = "...";
    expect(spreadLiterals(`f({\n  ${spread}{ a: [1], b },\n  c })`)).toEqual([2]);
    expect(spreadLiterals(`[${spread}["x", "y"], z]`)).toEqual([1]);
    expect(spreadLiterals(`[${spread}["x", "y"].map(f), ${spread}(x ? { a } : {}), ${spread}list]`)).toEqual([]);
  });

  it("never spread literals, which could hide a duplicate key", () => {
    const found = sources().flatMap((file) =>
      spreadLiterals(readFileSync(join(root, file), "utf8")).map((line) => `${file}:${line}`),
    );
    // This file contains examples.
    expect(found.filter((location) => !location.startsWith("test/repo/style.test.ts"))).toEqual([]);
  });
});
