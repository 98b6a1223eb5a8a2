/**
 * The whole way as its user goes it: the packaged extension is installed, consent is given on the page, real commands
 * run in the integrated terminal, the page shows them, they are exported, purged, and consent is withdrawn.
 *
 * The steps build on each other. Nothing planted in a command line may be found in any file of ours or of the editor.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { filesBelow, filesHolding } from "./leaks.ts";
import { seenNotifications } from "./notifications.ts";
import { Workbench } from "./workbench.ts";

/** Made anew each time, so that nothing in this file looks like a secret. */
const secret = `tok${randomBytes(12).toString("hex")}`;
const secretPath = `/home/${randomBytes(6).toString("hex")}/plans`;
const planted = [secret, secretPath];

/** What VS Code itself keeps of a command line, whatever extension is installed. */
const keptByEditor = [
  // The terminal's own log and the protocol with its process, at level Trace.
  /ptyhost\.log$/,
  /remoteagent\.log$/,
  // The shell's history file is outside of the folders that are searched.
];

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({ vsix: inject("vsix") });
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const card = (title: string) =>
  page()
    .locator("dl.card", { has: page().getByText(title, { exact: true }) })
    .locator("dd")
    .first();
const row = (name: string) =>
  page()
    .getByRole("row")
    .filter({ has: page().getByRole("rowheader", { name, exact: true }) });

/** Waits until a card of the page shows a number. */
async function shows(title: string, value: string): Promise<void> {
  await card(title)
    .filter({ hasText: new RegExp(`^${value}$`) })
    .waitFor();
}

describe("the main job in the packaged extension", () => {
  it("is off after installing: no file, and the page says so", async () => {
    expect(workbench.installedExtensions()).toContain("nexus.nexus-telemetry");
    expect(await workbench.statusItem.textContent()).toContain("off");
    expect(await workbench.statusTooltip()).toContain("you have not been asked");
    await workbench.command("Nexus: Open Dashboard");
    await page().getByRole("heading", { name: "Nothing is recorded" }).waitFor();
    await workbench.screenshot("off-dark");
    expect(existsSync(workbench.nexusHome)).toBe(false);
    expect(existsSync(workbench.configFolder)).toBe(false);
  });

  it("takes consent on the page, with nothing ticked beforehand", async () => {
    await workbench.command("Nexus: Telemetry Enable");
    await page().getByRole("button", { name: "Tick all" }).waitFor();
    for (const box of await page().getByRole("checkbox").all()) expect(await box.isChecked()).toBe(false);
    expect(await page().getByRole("button", { name: "Record this" }).isDisabled()).toBe(true);
    await workbench.screenshot("consent-dark");
    await page().getByRole("button", { name: "Tick all" }).click();
    await page().getByRole("button", { name: "Record this" }).click();
    await page().getByRole("button", { name: "Withdraw consent" }).waitFor();
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    expect(readFileSync(join(workbench.configFolder, "consent.jsonl"), "utf8")).toContain('"state":"given"');
  });

  it("shows real commands of the terminal, live", async () => {
    await workbench.command("Nexus: Open Dashboard");
    await workbench.openTerminal();
    await workbench.type("git --version");
    await shows("Commands", "1");
    await workbench.type(`ls ${secretPath}`);
    await workbench.type(`echo "Authorization: Bearer ${secret}" ${secretPath}`);
    await workbench.type(`TOKEN=${secret} ${secretPath}/deploy.sh --key=${secret}`);
    await shows("Commands", "4");
    await shows("Success rate", "50.0 %");
    expect(await row("ls").textContent()).toMatch(/1/);
    for (const name of ["git", "ls", "echo", "other", "run_terminal_cmd VS Code's terminal"])
      expect(await row(name).count()).toBe(1);
    await workbench.command("View: Toggle Panel Visibility");
  });

  it("tells today's numbers in the status item's tooltip", async () => {
    await expect.poll(() => workbench.statusTooltip(), { timeout: 30_000 }).toContain("Today: 4 commands, 2 failed.");
  });

  it("names every no, live: VS Code's own telemetry switch", async () => {
    await workbench.userSettings({ "telemetry.telemetryLevel": "off" });
    await page().getByText("telemetry.telemetryLevel forbids sharing").waitFor();
    expect(await workbench.statusTooltip()).toContain("telemetry.telemetryLevel forbids sharing");
    await workbench.userSettings({});
    await page().getByText("telemetry.telemetryLevel forbids sharing").waitFor({ state: "detached" });
  });

  it("says a problem in the status item and on the page, and heals by itself", async () => {
    const config = join(workbench.configFolder, "config.toml");
    await writeFile(config, "[telemetry]\nretention_day = 3\n");
    await workbench.type("true");
    await workbench.statusItem.filter({ hasText: "paused" }).waitFor();
    expect(await workbench.statusTooltip()).toContain("Did you mean retention_days?");
    await writeFile(config, "[telemetry]\nretention_days = 30\n");
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    await shows("Commands", "5");
  });

  it("says so when the recorder does not start, keeps what happens meanwhile, and heals by itself", async () => {
    const bundle = await workbench.installedFile("dist", "worker", "worker.cjs");
    await rename(bundle, `${bundle}.away`);
    await workbench.killWorker();
    await workbench.statusItem.filter({ hasText: "paused" }).waitFor();
    await workbench.type("true");
    expect(await workbench.statusTooltip()).toContain("The recorder ended unexpectedly");
    await rename(`${bundle}.away`, bundle);
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    await shows("Commands", "6");
  });

  it("exports everything to a file of the user's choice", async () => {
    const target = join(workbench.home, "mine.json");
    await workbench.command("Nexus: Telemetry Export");
    const input = workbench.page.locator(".quick-input-widget input.input");
    // The dialog offers a name of its own first.
    await workbench.page.waitForFunction(
      `document.querySelector(".quick-input-widget input.input")?.value.includes("nexus-telemetry-")`,
    );
    await input.fill(target);
    await workbench.page.keyboard.press("Enter");
    await workbench.page
      .getByText(/Nexus: Exported \d+ events/)
      .first()
      .waitFor();
    const exported: { payload: { command_path?: string } }[] = JSON.parse(readFileSync(target, "utf8"));
    expect(exported.map(({ payload }) => payload.command_path)).toEqual(expect.arrayContaining(["git", "ls", "other"]));
  });

  it("invariant: no-free-text: what was planted in command lines is in no file of ours or the editor's", async () => {
    const logs = await filesBelow(workbench.editorLogs);
    const ours = logs.filter((file) => file.endsWith("Nexus Telemetry.log"));
    expect(ours).toHaveLength(1);
    expect(logs.filter((file) => file.endsWith("remoteexthost.log"))).toHaveLength(1);
    expect(readFileSync(ours[0] ?? "", "utf8")).toContain("Did you mean retention_days?");
    expect((await filesBelow(workbench.nexusHome)).length).toBeGreaterThan(0);
    expect(await filesHolding(workbench.nexusHome, planted)).toEqual([]);
    expect(await filesHolding(workbench.configFolder, planted)).toEqual([]);
    // The shell keeps its own history.
    const inHome = await filesHolding(workbench.home, planted);
    expect(inHome.filter((file) => file !== ".bash_history")).toEqual([]);
    const inLogs = await filesHolding(workbench.editorLogs, planted);
    expect(inLogs.filter((file) => !keptByEditor.some((kept) => kept.test(file)))).toEqual([]);
  });

  it("purges after asking with count and size", async () => {
    await workbench.command("Nexus: Telemetry Purge");
    const dialog = workbench.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    const asked = /Delete (\d+ events) of 1 session \(\d.*[KM]B\)\?/.exec((await dialog.textContent()) ?? "");
    const amount = asked?.[1] ?? "nothing";
    // Twelve of the terminal, and the commands of the palette.
    expect(Number.parseInt(amount, 10)).toBeGreaterThan(12);
    await workbench.screenshot("purge-dark");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await workbench.page.getByText(`Nexus: Deleted ${amount}`).first().waitFor();
    await page().getByRole("heading", { name: "Nothing yet in this period" }).waitFor();
  });

  it("is off again as easily as it was on", async () => {
    await workbench.command("Nexus: Telemetry Disable");
    await workbench.statusItem.filter({ hasText: "off" }).waitFor();
    await workbench.type("pwd");
    await workbench.command("Nexus: Telemetry Status");
    await page().getByText("Off, as you chose").waitFor();
    await page().getByText("Events stored").waitFor();
    expect(await page().getByText("Events stored").locator("xpath=following-sibling::dd[1]").textContent()).toBe("0");
  });

  it("invariant: never-in-the-way: no toast of ours appeared in all this, where a toast would have been seen", async () => {
    // A control: an answer of VS Code's own that comes as a toast.
    await workbench.page.locator(".explorer-folders-view").getByText("hello.txt").dblclick();
    await workbench.page.locator(".tab.active", { hasText: "hello.txt" }).waitFor();
    await workbench.command("Merge Conflict: Accept Current");
    await workbench.page.locator(".notification-toast").first().waitFor();
    const toasts = await seenNotifications(workbench.page);
    expect(toasts.length).toBeGreaterThan(0);
    expect(toasts.filter((text) => !text.includes("merge conflict"))).toEqual([]);
  });
});
