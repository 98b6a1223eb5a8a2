/** The command of the npm package: it runs from the tarball, without the extension, and reports from the files of agents. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageNode } from "../../scripts/package-node.ts";
import { canary, claudeCodeHistory, historyFolders, writeHistory } from "../fixtures/agent-history.ts";
import { opencodeHistory } from "../fixtures/histories/opencode.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

it("reports from history, writes nothing and asks nothing", () => {
  const folder = tempFolder();
  execFileSync("tar", ["-xzf", packageNode(tempFolder()), "-C", folder]);
  const home = join(folder, "home");
  mkdirSync(home);
  const invented = { claude_code: claudeCodeHistory(3), opencode: opencodeHistory(3) };
  for (const agent of ["claude_code", "opencode"] as const)
    writeHistory(join(home, historyFolders[agent]), invented[agent]);
  const before = readdirSync(folder, { recursive: true }).sort();
  const { PATH = "", SystemRoot = "" } = process.env;
  const run = (...args: readonly string[]) =>
    execFileSync(process.execPath, [join(folder, "package", "bin", "npx.cjs"), ...args], {
      encoding: "utf8",
      env: { PATH, SystemRoot, HOME: home, USERPROFILE: home },
      stdio: ["ignore", "pipe", "inherit"],
    });
  const period = ["--since", "2026-05-30", "--until", "2026-06-30"];
  const { total, read } = JSON.parse(run("report", ...period, "--json"));
  const used = [invented.claude_code.used, invented.opencode.used];
  const sum = (of: (one: (typeof used)[number]) => number) => used.reduce((all, one) => all + of(one), 0);
  expect(total).toMatchObject({
    requests: sum(({ responses }) => responses),
    tokens: { input: sum(({ input }) => input), output: sum(({ output }) => output) },
    calls: { count: sum(({ tools }) => tools) },
  });
  expect(read).toContainEqual(expect.objectContaining({ agent: "opencode", unreadable: 0 }));
  const text = run("report", ...period);
  expect(text).toContain("From the history of agents");
  expect(text).not.toContain(canary);
  expect(run("--version")).toMatch(/^\d+\.\d+\.\d+/);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
});
