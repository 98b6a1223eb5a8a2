import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedFiles, root } from "../../scripts/generate/generate.ts";
import { categories } from "../../shared/schema/categories.ts";
import { explanations } from "../../shared/text/explain.ts";

const files = await generatedFiles();

describe("invariant: one-schema", () => {
  it.each([...files.keys()])("generates %s from its source (npm run generate)", (path) => {
    expect(readFileSync(join(root, path), "utf8") === files.get(path)).toBe(true);
  });

  it("explains every category", () => {
    const explained = explanations();
    expect(explained.map(({ category }) => category)).toEqual([...categories]);
    for (const { title, text, fields, category } of explained) {
      expect(`${title} ${text}`.length).toBeGreaterThan(30);
      expect(fields.length > 0 || category === "aggregates").toBe(true);
    }
  });
});

describe("invariant: no-free-text", () => {
  it("publishes no schema with an unrestricted string or additional properties", () => {
    const open: string[] = [];
    const walk = (value: unknown, at: string) => {
      if (typeof value !== "object" || value === null) return;
      const schema = value as Readonly<Record<string, unknown>>;
      if (schema["type"] === "string" && typeof schema["pattern"] !== "string") open.push(at);
      if (schema["type"] === "object" && schema["additionalProperties"] !== false) open.push(at);
      const { pattern } = schema;
      if (
        typeof pattern === "string" &&
        (!pattern.startsWith("^") || !pattern.endsWith("$") || /\.[*+]/.test(pattern))
      ) {
        open.push(at);
      }
      for (const [name, part] of Object.entries(schema)) walk(part, `${at}.${name}`);
    };
    const schemas = [...files].filter(([path]) => path.startsWith("docs/reference/schema/"));
    expect(schemas).toHaveLength(4);
    for (const [path, text] of schemas) walk(JSON.parse(text), path);
    expect(open).toEqual([]);
  });
});
