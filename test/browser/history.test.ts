/** Importing the history of agents and shells from the dashboard of the packaged extension. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { categories } from "../../shared/schema/categories.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { claudeCodeHistory, historyFolders, writeDatabase, writeHistory } from "../fixtures/agent-history.ts";
import { decide } from "../fixtures/consented.ts";
import { opencodeHistory } from "../fixtures/histories/opencode.ts";
import { violations } from "./accessibility.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;
const yesterdayMs = Date.now() - dayMs;
const invented = claudeCodeHistory(7);
/** As if it had happened yesterday. */
const recent = new Map(
  [...invented.files].map(([path, text]) => [
    path,
    text.replaceAll("2026-06-01", new Date(yesterdayMs).toISOString().slice(0, 10)),
  ]),
);

beforeAll(async () => {
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    prepare: async (home) => {
      const ts = new Date(Date.now() - 60_000).toISOString();
      decide(home, { ts, mode: "local", collect: categories, notice: displayedNotice });
      writeHistory(join(home, historyFolders.claude_code), { ...invented, files: recent });
      await mkdir(join(home, historyFolders.opencode), { recursive: true });
      const [database] = opencodeHistory(3).databases?.values() ?? [];
      if (database !== undefined) writeDatabase(join(home, historyFolders.opencode, "opencode.db"), database).close();
      const startS = Math.floor(yesterdayMs / 1_000);
      const commands = Array.from({ length: 30 }, (_, n) => `: ${startS + n * 60}:2;git commit -m x`);
      await writeFile(join(home, ".zsh_history"), commands.join("\n"));
    },
  });
});
afterAll(() => workbench?.close());

const dashboard = () => new DashboardPage(workbench);
const rowOf = (name: string) => workbench.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name });
const dialog = () => workbench.page.locator(".monaco-dialog-box");

describe("importing history in the packaged extension", () => {
  it("shows what is there, asks for each, and what is imported appears", async () => {
    await workbench.command("Nexus: Connect AI Agents");
    await workbench.nexusPage.getByRole("button", { name: "Import history…" }).click();
    await rowOf("Claude Code").waitFor();
    expect(await rowOf("Claude Code").textContent()).toMatch(/\d+ responses, \d+ tool uses/);
    expect(await rowOf("opencode").count()).toBe(1);
    expect(await rowOf("zsh").textContent()).toContain("30 commands");
    // Nothing is selected in advance.
    await workbench.page.locator(".quick-input-widget").getByText("0 Selected").waitFor();
    await rowOf("Claude Code").click();
    await rowOf("zsh").click();
    await workbench.page.locator(".quick-input-widget").getByText("2 Selected").waitFor();
    await workbench.screenshot("history-choice-dark");
    await workbench.page.locator(".quick-input-widget").getByRole("button", { name: "OK" }).click();
    await dialog().getByText("Import the history of Claude Code, zsh?").waitFor();
    await workbench.screenshot("history-kept-dark");
    expect(await dialog().textContent()).toContain("Not kept: anything else, such as prompts");
    await dialog().getByRole("button", { name: "Import", exact: true }).click();
    await workbench.nexusPage.getByText(/^\d+ records imported\.$/).waitFor();
    const agents = workbench.nexusPage.getByRole("table", { name: "Agents" });
    await agents.getByRole("rowheader", { name: "Claude Code" }).waitFor();
    await workbench.nexusPage.getByText(/≥/).first().waitFor();
    expect(await violations(workbench)).toEqual([]);
    await workbench.screenshot("history-agents-dark");
    await workbench.command("Nexus: Open Dashboard");
    await dashboard().waitForCommands(30);
    // The cost is a lower bound, and the time of imported commands is not known.
    await dashboard().card("Cost at list prices").getByText(/^≥ \$/).waitFor();
    await dashboard().card("Waiting time").getByText("–", { exact: true }).waitFor();
    await workbench.screenshot("history-overview-dark");
  });

  it("is removed by the button beside it", async () => {
    await workbench.command("Nexus: Import History");
    await rowOf("Claude Code").waitFor();
    expect(await rowOf("Claude Code").textContent()).toContain("Imported last on");
    await rowOf("zsh").hover();
    await rowOf("zsh").getByRole("button", { name: "Import what is new once an hour" }).click();
    await workbench.page.getByText("What is new in the history of zsh is imported once an hour.").first().waitFor();
    await workbench.command("Nexus: Import History");
    await rowOf("zsh").getByText("Followed: what is new is imported once an hour.").waitFor();
    await workbench.screenshot("history-followed-dark");
    await rowOf("Claude Code").hover();
    await rowOf("Claude Code").getByRole("button", { name: "Remove the imported history" }).click();
    await dialog().getByText("Remove the imported history of Claude Code?").waitFor();
    await dialog().getByRole("button", { name: "Remove", exact: true }).click();
    await workbench.page.getByText("Removed the imported history of Claude Code.").first().waitFor();
    await workbench.command("Nexus: Connect AI Agents");
    await workbench.nexusPage
      .getByRole("table", { name: "Agents" })
      .getByRole("rowheader", { name: "Claude Code" })
      .waitFor({ state: "detached" });
    await workbench.command("Nexus: Open Dashboard");
    await dashboard().waitForCommands(30);
  });
});
