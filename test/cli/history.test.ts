/** `nexus agents report --from-history` of the built command: right totals, nothing written, no text read. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import type { Measures } from "../../shared/protocol/query.ts";
import {
  canary,
  historyFolders,
  type InventedHistory,
  writeDatabase,
  writeHistory,
} from "../fixtures/agent-history.ts";
import { type InventedAgent, inventedAgents, inventors } from "../fixtures/histories/histories.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const inventedFor = (seed: number) =>
  Object.fromEntries(inventedAgents.map((agent) => [agent, inventors[agent](seed)])) as Record<
    InventedAgent,
    InventedHistory
  >;
const invented = inventedFor(20_261_127);
const everything = ["--since", "2026-05-30", "--until", "2026-06-30"] as const;

function homeWithHistory(histories = invented): string {
  const home = tempFolder();
  for (const agent of inventedAgents) writeHistory(join(home, historyFolders[agent]), histories[agent]);
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
    for (const agent of inventedAgents) {
      const { used } = invented[agent];
      const group = groups.find(({ key }: { key: string }) => key === agent);
      if (used.responses + used.tools === 0) continue;
      const { measures } = group;
      expect(measures).toMatchObject({
        requests: used.responses,
        tokens: { input: used.input, output: used.output, cacheRead: used.cached },
        calls: { count: used.tools, failed: used.failed },
      });
      if (agent === "claude_code") expect(measures.cost.listUsd).toBeGreaterThan(0);
      expect(read).toContainEqual(expect.objectContaining({ agent, files: expect.any(Number), unreadable: 0 }));
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
      const expected = recount(home);
      for (const agent of inventedAgents) if (expected[agent].responses === 0) delete expected[agent];
      expect(counted, `seed ${seed}`).toEqual(expected);
    }
  });

  it("reads a database that its program has open, and leaves nothing beside it", async () => {
    const home = tempFolder();
    const { used, databases = new Map() } = inventors.opencode(8);
    const [database] = databases.values();
    const file = join(home, historyFolders.opencode, "opencode.db");
    mkdirSync(join(home, historyFolders.opencode), { recursive: true });
    const open = writeDatabase(file, { ...database, isWal: true });
    const before = [filesIn(home), readFileSync(file), readFileSync(`${file}-wal`)];
    expect(before[0]).toContain(join(historyFolders.opencode, "opencode.db-wal"));
    const { groups, read } = JSON.parse((await report(home, ...everything, "--by", "agent", "--json")).out);
    expect(groups).toMatchObject([
      { key: "opencode", measures: { requests: used.responses, tokens: { input: used.input, output: used.output } } },
    ]);
    expect(read).toContainEqual(expect.objectContaining({ agent: "opencode", files: 1, unreadable: 0 }));
    expect([filesIn(home), readFileSync(file), readFileSync(`${file}-wal`)]).toEqual(before);
    open.close();
  });

  it("names a database that it cannot read, and why", async () => {
    const home = tempFolder();
    const folders = Object.fromEntries(
      (["opencode", "kilo_code", "goose", "cursor"] as const).map((agent) => {
        const [path = ""] = inventors[agent](1).databases?.keys() ?? [];
        const file = join(home, historyFolders[agent], path);
        mkdirSync(dirname(file), { recursive: true });
        return [agent, file];
      }),
    );
    const { opencode = "", kilo_code = "", goose = "", cursor = "" } = folders;
    writeFileSync(opencode, `no database ${canary}`.repeat(50));
    writeDatabase(kilo_code, { sql: "CREATE TABLE session_message (id TEXT)", rows: {}, isWal: false }).close();
    writeDatabase(goose, { sql: "CREATE TABLE sessions (id TEXT)", rows: {}, isWal: false }).close();
    writeDatabase(cursor, { sql: "CREATE TABLE ItemTable (key TEXT)", rows: {}, isWal: false }).close();
    writeFileSync(`${cursor}-journal`, "x");
    const { code, err, out } = await report(home, ...everything, "--json");
    expect(code).toBe(0);
    expect(err.split("\n")).toEqual([
      `nexus: Not read: ${opencode} (not a database)`,
      `nexus: Not read: ${kilo_code} (this version is not known: there is no table message)`,
      `nexus: Not read: ${cursor} (is being written; try it later)`,
      `nexus: Not read: ${goose} (this version is not known: sessions has no session_type)`,
      "",
    ]);
    expect(out).not.toContain(canary);
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
    expect(err).toBe(isSuperuser ? "" : `nexus: Not read: ${join(project, file)} (EACCES)\n`);
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
