/**
 * The files of one process are bundled separately, so a module that two of them need exists twice,
 * with different classes. `instanceof` between them fails, but only in the built product.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";

const bundles: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(join(root, "dist", "bundles.json"), "utf8"),
);

/** The files that each process loads. */
const processes: readonly (readonly [string, (file: string) => boolean])[] = [
  ["the extension host", (file) => /^dist\/[^/]+\.cjs$/.test(file)],
  ["the worker", (file) => file.startsWith("dist/worker/")],
  [
    "the command",
    (file) => /^dist\/cli\/(?!uninstall).*\.[cm]js$/.test(file) || file === "dist/worker/undici-client.cjs",
  ],
];

const textOf = (module: string): string => readFileSync(join(root, module), "utf8");

/** Returns the classes that a module declares. */
const classesOf = (module: string): readonly string[] =>
  [...textOf(module).matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)].map(([, name = ""]) => name);

/** Returns the classes that a module uses with `instanceof`. */
const testedBy = (module: string): readonly string[] =>
  [...textOf(module).matchAll(/\binstanceof (\w+)/g)].map(([, name = ""]) => name);

describe("bundles", () => {
  it.each(processes)("of %s never use instanceof with a class that exists twice", (_, isLoaded) => {
    const files = Object.keys(bundles).filter(isLoaded);
    expect(files.length).toBeGreaterThan(1);
    const modules = files.flatMap((file) => (bundles[file] ?? []).filter((name) => /\.tsx?$/.test(name)));
    const duplicates = modules.filter((module, index) => modules.indexOf(module) !== index);
    const tested = new Set(modules.flatMap(testedBy));
    const faults = duplicates.flatMap((module) =>
      classesOf(module)
        .filter((name) => tested.has(name))
        .map((name) => `instanceof ${name}: ${module} is in two files`),
    );
    expect(faults).toEqual([]);
  });
});
