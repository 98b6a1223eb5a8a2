/** `nexus agents report --from-history` of the built command: right totals, nothing written, no text read. */
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import type { Measures } from "../../shared/protocol/query.ts";
import {
  canary,
  claudeCodeHistory,
  codexHistory,
  geminiHistory,
  historyFolders,
  qwenHistory,
  writeHistory,
} from "../fixtures/agent-history.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const inventedFor = (seed: number) => ({
  claude_code: claudeCodeHistory(seed),
  codex: codexHistory(seed),
  gemini_cli: geminiHistory(seed),
  qwen_code: qwenHistory(seed),
});
const invented = inventedFor(20_261_127);
const agents = ["claude_code", "codex", "gemini_cli", "qwen_code"] as const;
const everything = ["--since", "2026-05-30", "--until", "2026-06-30"] as const;

function homeWithHistory(histories = invented): string {
  const home = tempFolder();
  for (const agent of agents) writeHistory(join(home, historyFolders[agent]), histories[agent]);
  return home;
}

/** Counts a home folder with another program. */
const recount = (home: string) =>
  JSON.parse(
    execFileSync("python3", ["-B", join(root, "test", "fixtures", "recount_history.py"), home], { encoding: "utf8" }),
  );

const report = (home: string, ...args: readonly string[]) =>
  nexus(home, {}, "agents", "report", "--from-history", ...args);
const filesIn = (home: string) => readdirSync(home, { recursive: true }).map(String).sort();

describe("the report from history", () => {
  it("has the totals of all agents, writes nothing and contains no text", async () => {
    const home = homeWithHistory();
    const before = filesIn(home);
    const { code, out, err } = await report(home, ...everything, "--by", "agent", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { groups, read } = JSON.parse(out);
    for (const agent of agents) {
      const { used, files } = invented[agent];
      const { measures } = groups.find(({ key }: { key: string }) => key === agent);
      expect(measures).toMatchObject({
        requests: used.responses,
        tokens: { input: used.input, output: used.output, cacheRead: used.cached },
        calls: { count: used.tools, failed: used.failed },
      });
      if (agent === "claude_code") expect(measures.cost.listUsd).toBeGreaterThan(0);
      expect(read).toContainEqual(expect.objectContaining({ agent, files: files.size, unreadable: 0 }));
    }
    const texts = await Promise.all(
      ["day", "model", "tool", "session"].map((by) => report(home, ...everything, "--by", by)),
    );
    for (const text of [out, ...texts.map((one) => one.out)]) expect(text).not.toContain(canary);
    expect(texts[1]?.out).toContain("claude-opus-4-5");
    expect(texts[2]?.out).toContain("run_terminal_cmd");
    expect(filesIn(home)).toEqual(before);
  });

  it("equals a recount by another program", async () => {
    for (const seed of [1, 2, 3, 5, 8, 13, 21, 34]) {
      const home = homeWithHistory(inventedFor(seed));
      const { groups } = JSON.parse((await report(home, ...everything, "--by", "agent", "--json")).out);
      const counted = Object.fromEntries(
        groups.map(({ key, measures: { requests, tokens, calls } }: { key: string; measures: Measures }) => [
          key,
          {
            input: tokens.input,
            cached: tokens.cacheRead,
            output: tokens.output,
            responses: requests,
            tools: calls.count,
            failed: calls.failed,
          },
        ]),
      );
      expect(counted, `seed ${seed}`).toEqual(recount(home));
    }
  });

  it("follows no link, and names what it cannot read", async () => {
    const home = homeWithHistory();
    const project = join(home, historyFolders.claude_code, "-work");
    const [file = ""] = readdirSync(project).filter((name) => name.endsWith(".jsonl"));
    const other = tempFolder();
    writeHistory(other, invented.claude_code);
    symlinkSync(join(other, "-work"), join(home, historyFolders.claude_code, "linked"));
    symlinkSync(join(project, file), join(project, "linked.jsonl"));
    // A superuser reads everything.
    const isSuperuser = process.getuid?.() === 0;
    if (!isSuperuser) chmodSync(join(project, file), 0o000);
    const { out, err } = await report(home, ...everything, "--agent", "claude_code", "--json");
    expect(JSON.parse(out).read).toMatchObject([
      { agent: "claude_code", files: invented.claude_code.files.size - (isSuperuser ? 0 : 1) },
    ]);
    expect(err).toBe(isSuperuser ? "" : `Not read: ${join(project, file)} (EACCES)\n`);
  });

  it("needs no consent, and says what it cannot do", async () => {
    const home = tempFolder();
    expect(await report(home)).toMatchObject({
      code: 0,
      out: expect.stringContaining("No files of Claude Code, Codex,"),
    });
    expect(filesIn(home)).toEqual([]);
    expect(await report(home, "--command", "git")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--from-history takes no --command"),
    });
    expect(await report(home, "--by", "modl")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean model?"),
    });
    expect(await nexus(home, {}, "agents", "report", "--by", "day")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--by needs --from-history"),
    });
  });
});
