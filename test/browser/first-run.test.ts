/** The first minutes of a new user: sample, choice, first command, agents, history, and the walkthrough that follows. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { claudeCodeHistory, historyFolders, writeHistory } from "../fixtures/agent-history.ts";
import { violations } from "./accessibility.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    viewport: { width: 1280, height: 900 },
    prepare: async (home) => {
      await mkdir(join(home, ".claude"), { recursive: true });
      writeHistory(join(home, historyFolders.claude_code), claudeCodeHistory(7));
    },
  });
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const dashboard = () => new DashboardPage(workbench);
const button = (name: string | RegExp) => page().getByRole("button", { name, exact: typeof name === "string" });
const heading = (name: string) => page().getByRole("heading", { name, exact: true });
const sampleNote = () => page().getByText("Sample data.", { exact: true });

async function expectNothingWritten(): Promise<void> {
  expect(existsSync(workbench.nexusHome)).toBe(false);
  expect(existsSync(workbench.configFolder)).toBe(false);
  expect(await workbench.workerPids()).toEqual([]);
}

describe("before the choice", () => {
  it("shows a sample that can be clicked through, and writes nothing", async () => {
    await workbench.command("View: Close Primary Side Bar");
    await workbench.command("Nexus: Open Dashboard");
    await sampleNote().waitFor();
    await heading("Activity").waitFor();
    await dashboard().settled();
    await workbench.screenshot("sample-overview-dark");
    expect(await violations(workbench)).toEqual([]);
    for (const tab of ["commands", "agents", "sessions", "insights"] as const) {
      await dashboard().open(tab);
      await sampleNote().waitFor();
      await page().locator("#panel table:visible, #panel .insights").first().waitFor();
      await workbench.screenshot(`sample-${tab}-dark`);
    }
    // A finding with its runs, another period and a filter.
    await button(/^Show runs: npm test became slower/).click();
    await dashboard().drawer.getByRole("heading", { name: "npm test" }).waitFor();
    await workbench.screenshot("sample-drawer-dark");
    await workbench.page.keyboard.press("Escape");
    await dashboard().open("overview");
    await dashboard().choosePeriod("90 days");
    await page().getByLabel("Workspace", { exact: true }).selectOption("backend");
    await dashboard().settled();
    // What would be written down cannot be done.
    expect(await button(/^Rename/).count()).toBe(0);
    expect(await button(/^Dismiss/).count()).toBe(0);
    expect(await button("Export…").count()).toBe(0);
    await expectNothingWritten();
  });

  it("leads to the choice with one button, in a narrow light window too", async () => {
    await workbench.page.setViewportSize({ width: 700, height: 900 });
    await workbench.screenshot("sample-narrow-dark");
    await button("Choose what to record").click();
    await button("Record on this machine").waitFor();
    expect(await sampleNote().count()).toBe(0);
    await expectNothingWritten();
    await workbench.page.setViewportSize({ width: 1280, height: 900 });
  });
});

describe("after the choice", () => {
  it("says what to do next, without a figure of the sample", async () => {
    await button("Select all").click();
    await button("Record on this machine").click();
    await heading("Recording is on. What next?").waitFor();
    await page().getByText("Saved. Recording is on.").waitFor();
    expect(await sampleNote().count()).toBe(0);
    expect(await page().getByRole("table").count()).toBe(0);
    expect(await page().locator("#panel").getByText(/\b0\b/).count()).toBe(0);
    await page().getByText("Found here: Claude Code.").waitFor();
    await workbench.screenshot("start-dark");
    expect(await violations(workbench)).toEqual([]);
  });

  it("shows the first command, and how many runs are missing until insights", async () => {
    await button("Open a terminal").click();
    await workbench.page.locator(".terminal-command-decoration").first().waitFor({ state: "attached" });
    await workbench.type("git --version");
    await dashboard().waitForCommands(1);
    await page().getByText("Insights need at least 10 runs of a command: git has 1.").first().waitFor();
    await workbench.command("View: Toggle Panel Visibility");
    await workbench.screenshot("start-first-command-dark");
  });

  it("opens the agents with their buttons in view, connects one and marks the step", async () => {
    await workbench.command("Nexus: Connect AI Agents");
    const connect = button("Connect Claude Code…");
    await connect.waitFor();
    const box = await connect.boundingBox();
    expect(box === null ? 0 : box.y + box.height).toBeLessThan(900);
    await connect.click();
    await button("Connect").click();
    await page().getByText("Claude Code is connected.").waitFor();
    await dashboard().open("overview");
    await page().getByText("1 agent connected.").waitFor();
  });

  it("imports history from the overview, and then has no more to ask for", async () => {
    await button("Import history…").click();
    await workbench.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "Claude Code" }).click();
    await workbench.page.locator(".quick-input-widget").getByRole("button", { name: "OK" }).click();
    await workbench.page.locator(".monaco-dialog-box").getByRole("button", { name: "Import", exact: true }).click();
    await page()
      .getByText(/records? imported/)
      .waitFor();
    await dashboard().settled();
    await workbench.screenshot("start-done-dark");
  });

  it("completes every step of the walkthrough by what was done", async () => {
    await workbench.command("Nexus: Get Started with Telemetry");
    const steps = workbench.page.locator(".getting-started-step");
    await steps.first().waitFor();
    expect(await steps.locator("h3").allTextContents()).toEqual([
      "Choose what is recorded",
      "Import your history",
      "Connect your agents",
      "Run a command in the terminal",
      "Look at your statistics",
    ]);
    const done = workbench.page.locator(".getting-started-step .codicon-getting-started-step-checked");
    await expect.poll(() => done.count(), { timeout: 20_000 }).toBe(5);
    await workbench.screenshot("walkthrough-done-dark");
  });
});

describe("the extension's page in VS Code", () => {
  it("has no broken picture", async () => {
    await workbench.command("View: Close All Editors");
    await workbench.command("Extensions: Show Installed Extensions");
    await workbench.page.locator(".extension-list-item").filter({ hasText: "Nexus Telemetry" }).first().click();
    await page().getByRole("heading", { name: "Start in three steps" }).waitFor();
    expect(await page().locator("img").count()).toBe(0);
    await workbench.screenshot("extension-page-dark");
  });
});
