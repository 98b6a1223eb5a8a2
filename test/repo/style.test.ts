/** Rules of style that the linter has no rule for. */
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

/** Line numbers on which a literal spreads a literal: `...{ a, b }` or `...["x", "y"]`, and nothing is called on it. */
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
  it("are found where they spread a literal, and only there", () => {
    const spread = "...";
    expect(spreadLiterals(`f({\n  ${spread}{ a: [1], b },\n  c })`)).toEqual([2]);
    expect(spreadLiterals(`[${spread}["x", "y"], z]`)).toEqual([1]);
    expect(spreadLiterals(`[${spread}["x", "y"].map(f), ${spread}(x ? { a } : {}), ${spread}list]`)).toEqual([]);
  });

  it("never spread literals, which would hide a repeated key", () => {
    const found = sources().flatMap((file) =>
      spreadLiterals(readFileSync(join(root, file), "utf8")).map((line) => `${file}:${line}`),
    );
    // The comment and the cases of this file.
    expect(found.filter((place) => !place.startsWith("test/repo/style.test.ts"))).toEqual([]);
  });
});
