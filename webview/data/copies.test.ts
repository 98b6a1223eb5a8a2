import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndedRun } from "../../shared/protocol/query.ts";
import { csvOf, markdownOf } from "./copies.ts";

const run: EndedRun = {
  tsMs: new Date(2026, 9, 25, 2, 30).getTime(),
  name: "npm test",
  durationMs: 1_500,
  outcome: "failed",
  exitClass: "general_error",
  error: null,
  workspace: "h1",
  source: "vscode_terminal",
  session: "s1",
};

describe("what can be copied", () => {
  it("is a table in Markdown", () => {
    const text = markdownOf({ title: "npm | test", facts: [["Runs", "1"]], runs: [run], workspace: () => "a|b" });
    expect(text).toBe(
      [
        "## npm | test",
        "",
        "- **Runs:** 1",
        "",
        "| Time | What | Duration ms | Outcome | Exit class | Error | Workspace | Source |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| 2026-10-25 02:30:00 | npm test | 1500 | failed | general_error |  | a\\|b | vscode_terminal |",
        "",
      ].join("\n"),
    );
  });

  it("is CSV that a parser reads back, and no formula", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (names) => {
        const text = csvOf({ runs: names.map((name) => ({ ...run, name })), workspace: () => 'x"y' });
        const rows: string[][] = parse(text, { relax_column_count: false });
        expect(rows).toHaveLength(names.length + 1);
        for (const [at, name] of names.entries()) {
          const cell = rows[at + 1]?.[1] ?? "";
          expect(cell).toBe(/^[=+\-@\t\r]/.test(name) ? `'${name}` : name);
        }
      }),
    );
  });
});
