/** `nexus agents import` of the built command: what is stored, what is shown, and what an undo leaves. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canary, claudeCodeHistory, codexHistory, type Used, writeHistory } from "../fixtures/agent-history.ts";
import { decide } from "../fixtures/consented.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const invented = { claude_code: claudeCodeHistory(20_261_127), codex: codexHistory(20_261_127) };
const everything = ["--since", "2026-05-30", "--until", "2026-06-30"] as const;

function homeWithHistory(): string {
  const home = tempFolder();
  writeHistory(join(home, ".claude", "projects"), invented.claude_code);
  writeHistory(join(home, ".codex"), invented.codex);
  return home;
}

const filesIn = (home: string) => readdirSync(home, { recursive: true, withFileTypes: true });
const run = (home: string, ...args: readonly string[]) => nexus(home, {}, "agents", "import", ...args);

async function usedIn(home: string, agent: string): Promise<Partial<Used>> {
  const { out } = await nexus(home, {}, "stats", "--by", "agent", "--agent", agent, "--json", ...everything);
  const { tokens, requests, calls } = JSON.parse(out).total;
  return { input: tokens.input, output: tokens.output, responses: requests, tools: calls.count, failed: calls.failed };
}

const expected = ({ input, output, responses, tools, failed }: Used) => ({ input, output, responses, tools, failed });

describe("importing agents' history", () => {
  it("shows what it would keep before consent, and writes nothing", async () => {
    const home = homeWithHistory();
    const before = filesIn(home).length;
    const { code, out } = await run(home, "--preview");
    expect(code).toBe(0);
    for (const text of ["Claude Code:", "Kept of each response", "Not kept", "never shared", "Nothing was imported."])
      expect(out).toContain(text);
    expect(out).not.toContain(canary);
    expect(await run(home, "--yes")).toMatchObject({ code: 1, err: expect.stringMatching(/^nexus: Recording is off/) });
    expect(filesIn(home).length).toBe(before);
  });

  it("needs an answer", async () => {
    const home = homeWithHistory();
    decide(home);
    expect(await run(home)).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await run(home, "cluade_code", "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean claude_code?"),
    });
    expect(await run(home, "--preview", "--undo")).toMatchObject({ code: 2 });
    expect(await run(home, "--undo", "--yes")).toMatchObject({ code: 0, out: "No history was imported.\n" });
  });

  it("counts once, keeps no text, marks lower bounds, and is undone without a trace", async () => {
    const home = homeWithHistory();
    decide(home);
    await nexus(home, {}, "event", "emit", "feature_first_use", "--field", "feature=stats");
    const live = await nexus(home, {}, "stats", "--json", ...everything);
    const first = JSON.parse((await run(home, "--yes", "--json")).out);
    expect(first.imported).toMatchObject([
      { agent: "claude_code", known: 0 },
      { agent: "codex", known: 0 },
    ]);
    for (const agent of ["claude_code", "codex"] as const)
      expect(await usedIn(home, agent)).toEqual(expected(invented[agent].used));
    const again = JSON.parse((await run(home, "--yes", "--json")).out);
    expect(again.imported).toMatchObject([
      { added: 0, replaced: 0 },
      { added: 0, replaced: 0 },
    ]);
    const report = await nexus(home, {}, "agents", "report", ...everything);
    expect(report.out).toContain("≥ ");
    expect(report.out).toContain("may have had more output");
    for (const entry of filesIn(join(home, "nexus")))
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name)).includes(canary)).toBe(false);
    const { code, out } = await run(home, "--undo", "--yes");
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("recorded live is unchanged") });
    const after = await nexus(home, {}, "stats", "--json", ...everything);
    expect(withoutTimes(after.out)).toEqual(withoutTimes(live.out));
  });
});

const withoutTimes = (text: string): object => ({ ...JSON.parse(text), asOfMs: 0 });
