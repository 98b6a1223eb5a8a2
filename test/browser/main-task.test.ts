/**
 * The main task from start to end: install the packaged extension, consent on the dashboard, run
 * commands in the integrated terminal, see them, export, purge, withdraw consent.
 *
 * The steps depend on each other. Strings planted in command lines must not appear in any file of
 * ours or of VS Code.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DashboardPage } from "./dashboard-page.ts";
import { filesBelow, filesContaining } from "./leaks.ts";
import { seenNotifications } from "./notifications.ts";
import { Workbench } from "./workbench.ts";

/** Random, so that this file contains nothing that looks like a secret. */
const secret = `tok${randomBytes(12).toString("hex")}`;
const secretPath = `/home/${randomBytes(6).toString("hex")}/plans`;
const planted = [secret, secretPath];

/** Logs in which VS Code itself stores command lines. */
const editorLogsWithCommands = [
  // The terminal's log and the protocol with its process, at level Trace.
  /ptyhost\.log$/,
  /remoteagent\.log$/,
];

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({ vsix: inject("vsix") });
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const dashboard = () => new DashboardPage(workbench);
const row = (name: string) => dashboard().row(name);

describe("main task in the packaged extension", () => {
  it("is off after installation, says so and creates no file", async () => {
    expect(workbench.installedExtensions()).toContain("nexus.nexus-telemetry");
    expect(await workbench.statusItem.textContent()).toContain("off");
    expect(await workbench.statusTooltip()).toContain("you have not chosen yet");
    await workbench.command("Nexus: Open Dashboard");
    await page().getByText("Sample data.", { exact: true }).waitFor();
    await workbench.screenshot("off-dark");
    expect(existsSync(workbench.nexusHome)).toBe(false);
    expect(existsSync(workbench.configFolder)).toBe(false);
  });

  it("asks for consent on the dashboard with nothing preselected", async () => {
    await workbench.command("Nexus: Telemetry Enable");
    await page().getByRole("button", { name: "Select all" }).waitFor();
    for (const box of await page().getByRole("checkbox").all()) expect(await box.isChecked()).toBe(false);
    expect(await page().getByRole("button", { name: "Record on this machine" }).isDisabled()).toBe(true);
    await workbench.screenshot("consent-dark");
    await page().getByRole("button", { name: "Select all" }).click();
    await page().getByRole("button", { name: "Record on this machine" }).click();
    await page().getByRole("heading", { name: "Recording is on. What next?" }).waitFor();
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    expect(readFileSync(join(workbench.configFolder, "consent.jsonl"), "utf8")).toContain('"state":"given"');
  });

  it("shows terminal commands live", async () => {
    await workbench.command("Nexus: Open Dashboard");
    await workbench.openTerminal();
    await workbench.type("git --version");
    await dashboard().waitForCommands(1);
    await workbench.type(`ls ${secretPath}`);
    await workbench.type(`echo "Authorization: Bearer ${secret}" ${secretPath}`);
    await workbench.type(`TOKEN=${secret} ${secretPath}/deploy.sh --key=${secret}`);
    await dashboard().waitForCommands(4);
    await dashboard().card("Failed commands").getByText("50%", { exact: true }).waitFor();
    expect(await row("ls").textContent()).toMatch(/1/);
    for (const name of ["git", "ls", "echo", "other"]) expect(await row(name).count()).toBe(1);
    await workbench.command("View: Toggle Panel Visibility");
  });

  it("shows today's totals in the status bar's tooltip", async () => {
    await expect.poll(() => workbench.statusTooltip(), { timeout: 30_000 }).toContain("Today: 4 commands, 2 failed.");
  });

  it("shows live that VS Code's telemetry setting blocks sharing", async () => {
    await workbench.userSettings({ "telemetry.telemetryLevel": "off" });
    await page().getByText("Sharing is blocked by telemetry.telemetryLevel").waitFor();
    expect(await workbench.statusTooltip()).toContain("Sharing is blocked by telemetry.telemetryLevel");
    await workbench.userSettings({});
    await page().getByText("Sharing is blocked by telemetry.telemetryLevel").waitFor({ state: "detached" });
  });

  it("shows a configuration error and resumes recording once it is fixed", async () => {
    const config = join(workbench.configFolder, "config.toml");
    await writeFile(config, "[telemetry]\nretention_day = 3\n");
    await workbench.type("true");
    await workbench.statusItem.filter({ hasText: "paused" }).waitFor();
    expect(await workbench.statusTooltip()).toContain("Did you mean retention_days?");
    await writeFile(config, "[telemetry]\nretention_days = 30\n");
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    await dashboard().waitForCommands(5);
  });

  it("shows that the worker does not start, queues events meanwhile and recovers", async () => {
    const bundle = await workbench.installedFile("dist", "worker", "worker.cjs");
    await rename(bundle, `${bundle}.away`);
    await workbench.killWorker();
    await workbench.statusItem.filter({ hasText: "paused" }).waitFor();
    await workbench.type("true");
    expect(await workbench.statusTooltip()).toContain("The worker stopped unexpectedly");
    await rename(`${bundle}.away`, bundle);
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    await dashboard().waitForCommands(6);
  });

  it("exports all data to a file that the user chooses", async () => {
    const target = join(workbench.home, "mine.json");
    await workbench.command("Nexus: Telemetry Export");
    const input = workbench.page.locator(".quick-input-widget input.input");
    // The dialog first shows its default file name.
    await workbench.page.waitForFunction(
      `document.querySelector(".quick-input-widget input.input")?.value.includes("nexus-export-")`,
    );
    await input.fill(target);
    await workbench.page.keyboard.press("Enter");
    await workbench.page
      .getByText(/Nexus: Exported .*\d+ events/)
      .first()
      .waitFor();
    const exported: { payload: { command_path?: string } }[] = JSON.parse(readFileSync(target, "utf8")).events;
    expect(exported.map(({ payload }) => payload.command_path)).toEqual(expect.arrayContaining(["git", "ls", "other"]));
  });

  it("invariant: no-free-text: leaves no planted string in any file of ours or of VS Code", async () => {
    const logs = await filesBelow(workbench.editorLogs);
    const ours = logs.filter((file) => file.endsWith("Nexus Telemetry.log"));
    expect(ours).toHaveLength(1);
    expect(logs.filter((file) => file.endsWith("remoteexthost.log"))).toHaveLength(1);
    expect(readFileSync(ours[0] ?? "", "utf8")).toContain("Did you mean retention_days?");
    expect((await filesBelow(workbench.nexusHome)).length).toBeGreaterThan(0);
    expect(await filesContaining(workbench.nexusHome, planted)).toEqual([]);
    expect(await filesContaining(workbench.configFolder, planted)).toEqual([]);
    // The shell writes its own history.
    const inHome = await filesContaining(workbench.home, planted);
    expect(inHome.filter((file) => file !== ".bash_history")).toEqual([]);
    const inLogs = await filesContaining(workbench.editorLogs, planted);
    expect(inLogs.filter((file) => !editorLogsWithCommands.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it("purges after a confirmation with count and size", async () => {
    await workbench.command("Nexus: Telemetry Purge");
    const dialog = workbench.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    const question = /Delete (\d+ events) of 1 session \(\d.*[KM]B\)\?/.exec((await dialog.textContent()) ?? "");
    const amount = question?.[1] ?? "";
    // Twelve terminal events, and those of the command palette.
    expect(Number.parseInt(amount, 10)).toBeGreaterThan(12);
    await workbench.screenshot("purge-dark");
    await dialog.getByRole("button", { name: `Delete ${amount}` }).click();
    await workbench.page.getByText(`Nexus: Deleted ${amount}`).first().waitFor();
    await page().getByRole("heading", { name: "Recording is on. What next?" }).waitFor();
  });

  it("stops recording when consent is withdrawn", async () => {
    await workbench.command("Nexus: Telemetry Disable");
    await workbench.statusItem.filter({ hasText: "off" }).waitFor();
    await workbench.type("pwd");
    await workbench.command("Nexus: Telemetry Status");
    await page().getByText("Off by your choice").waitFor();
    await page().getByText("Events stored").waitFor();
    expect(await page().getByText("Events stored").locator("xpath=following-sibling::dd[1]").textContent()).toBe("0");
  });

  it("invariant: never-in-the-way: has shown no notification", async () => {
    // A control: a command for which VS Code itself shows a notification.
    await workbench.page.locator(".explorer-folders-view").getByText("hello.txt").dblclick();
    await workbench.page.locator(".tab.active", { hasText: "hello.txt" }).waitFor();
    await workbench.command("Merge Conflict: Accept Current");
    await workbench.page.locator(".notification-toast").first().waitFor();
    const notifications = await seenNotifications(workbench.page);
    expect(notifications.length).toBeGreaterThan(0);
    expect(notifications.filter((text) => !text.includes("merge conflict"))).toEqual([]);
  });
});
