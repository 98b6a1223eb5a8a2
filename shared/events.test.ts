import { describe, expect, it } from "vitest";
import { categories, eventTable, eventTypeNames } from "./events.ts";

describe("invariant: one-schema", () => {
  it.each(eventTypeNames)("%s describes every field, and its required fields need no further consent", (type) => {
    const { category, fields } = eventTable[type];
    expect(categories).toContain(category);
    for (const field of Object.values(fields)) {
      expect(categories).toContain(field.category);
      expect(field.description).toMatch(/\.$/);
      expect(field.purpose).toMatch(/\.$/);
      if (!field.optional) expect(field.category).toBe(category);
    }
  });

  it("has no field that could hold free text", () => {
    for (const type of eventTypeNames) {
      for (const { kind } of Object.values(eventTable[type].fields)) {
        if (kind.is === "word") for (const word of kind.words) expect(word).toMatch(/^[a-z_]{1,32}$/);
        else if (kind.is === "whole") expect(kind.max).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
        else expect(["command_path", "tool_name"]).toContain(kind.list);
      }
    }
  });
});
