import { expect, it } from "vitest";
import { languages } from "../vocabulary/languages.ts";
import { toolNames } from "../vocabulary/tools.ts";
import { languageLabel } from "./language-labels.ts";
import { toolLabel } from "./tool-labels.ts";

it("names every language and tool in words", () => {
  const names = [...languages.map(languageLabel), ...toolNames.map(toolLabel)];
  for (const name of names) expect(name).toMatch(/^[A-Zr]/);
  for (const name of names) expect(name).not.toContain("_");
  expect(["typescriptreact", "shellscript", "cpp", "python", "git-commit"].map(languageLabel)).toEqual([
    "TypeScript React",
    "Shell",
    "C++",
    "Python",
    "Git commit message",
  ]);
  expect(["run_terminal_cmd", "edit_file", "mcp"].map(toolLabel)).toEqual(["Terminal", "Edit file", "MCP tool"]);
});
