import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { vocabularyText } from "../../scripts/vocabulary.ts";
import { canonicalTool, isCommandPath, isToolName } from "./vocabulary.ts";

describe("vocabulary", () => {
  it("is in step with its sources", async () => {
    const file = new URL("../../shared/vocabulary/commands.json", import.meta.url);
    expect(await readFile(file, "utf8")).toBe(await vocabularyText());
  });

  it("holds words of a narrow pattern only", async () => {
    const { programs }: { programs: Record<string, string> } = JSON.parse(
      await readFile(new URL("../../shared/vocabulary/commands.json", import.meta.url), "utf8"),
    );
    for (const [program, paths] of Object.entries(programs)) {
      expect(program).toMatch(/^[a-z0-9][a-z0-9._+-]{0,31}$/);
      for (const path of paths === "" ? [] : paths.split("|")) {
        expect(path).toMatch(/^[a-z0-9][a-z0-9._+-]{0,31}( [a-z0-9][a-z0-9._+-]{0,31})?$/);
      }
    }
  });

  it("knows a path whole, not by its beginning", () => {
    expect(isCommandPath("git commit")).toBe(true);
    expect(isCommandPath("git secret-plan")).toBe(false);
    expect(isCommandPath("git ")).toBe(false);
    expect(isCommandPath("constructor")).toBe(false);
  });

  it("has one name for a tool of many", () => {
    expect(canonicalTool("Bash")).toBe("run_terminal_cmd");
    expect(canonicalTool("run_in_terminal")).toBe("run_terminal_cmd");
    expect(canonicalTool("mcp__ada__private")).toBe("custom");
    expect(isToolName("constructor")).toBe(false);
  });
});
