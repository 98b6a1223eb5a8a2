/**
 * The dashboard in the packaged extension: every tab in every kind of theme with axe-core, by
 * keyboard only, in narrow and wide windows, and with the theme changed and the worker killed while
 * it is open.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Place, sections, tabs } from "../../shared/protocol/dashboard.ts";
import { violations } from "./accessibility.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { createSampleHome } from "./sample-home.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;
let dashboard: DashboardPage;

beforeAll(async () => {
  workbench = await Workbench.open({ vsix: inject("vsix"), prepare: createSampleHome });
  dashboard = new DashboardPage(workbench);
  await workbench.command("View: Close Primary Side Bar");
  await workbench.command("Nexus: Open Dashboard");
  await page().getByRole("rowheader", { name: "cargo build" }).waitFor();
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const keyboard = () => workbench.page.keyboard;
const focused = () => page().locator(":focus");

/** Tabs, and the parts of the last one. */
const places = [...tabs.filter((tab) => tab !== "data"), ...sections];

/** A heading of each. */
const headings: Readonly<Record<string, string | RegExp>> = {
  overview: "Where the time goes",
  commands: "Commands",
  agents: "Coverage",
  sessions: "Sessions",
  insights: /^cargo build takes/,
  sharing: "What may be shared?",
  privacy: "Resource usage",
  status: "Database",
};

async function open(place: Place): Promise<void> {
  await dashboard.open(place);
  await page()
    .getByRole("heading", { name: headings[place] ?? "Your data" })
    .first()
    .waitFor();
}

/** Waits for another background colour: each theme has a different one. */
async function chooseTheme(name: string): Promise<void> {
  const background = () =>
    workbench.evaluate<string>(
      "getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background')",
    );
  const before = await background();
  await workbench.machineSettings({ "workbench.colorTheme": name });
  await expect.poll(background, { timeout: 20_000 }).not.toBe(before);
}

const themes = [
  ["light", "Default Light Modern"],
  ["contrast", "Default High Contrast"],
  ["contrast-light", "Default High Contrast Light"],
  ["dark-plus", "Default Dark+"],
  ["dark", "Default Dark Modern"],
] as const;

async function tabTo(text: string): Promise<void> {
  while (!(await focused().textContent())?.includes(text)) await keyboard().press("Tab");
}

/** Opens the drawer of a command in the overview. */
async function openDrawer(): Promise<void> {
  await open("overview");
  await page().getByRole("button", { name: "cargo build", exact: true }).click();
  await dashboard.settled();
  await dashboard.drawer.getByText(/^Last \d+ of/).waitFor();
}

describe("dashboard in the packaged extension", () => {
  it.each(themes)("passes axe-core on every tab after a change to the theme %s", async (theme, name) => {
    await chooseTheme(name);
    for (const tab of places) {
      await open(tab);
      await workbench.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
      expect(await violations(workbench), `${tab} in ${theme}`).toEqual([]);
      await workbench.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = false; })");
      await workbench.screenshot(`${tab}-${theme}`);
    }
    await openDrawer();
    expect(await violations(workbench), `drawer in ${theme}`).toEqual([]);
    await workbench.screenshot(`drawer-${theme}`);
    await keyboard().press("Escape");
  });

  it("can be used with the keyboard only", async () => {
    await open("overview");
    await page().locator("#tab-overview").focus();
    for (const tab of [...tabs.slice(1), tabs[0]]) {
      await keyboard().press("ArrowRight");
      expect(await focused().getAttribute("id")).toBe(`tab-${tab}`);
      if (tab !== "data")
        await page()
          .getByRole("heading", { name: headings[tab] ?? "" })
          .first()
          .waitFor();
    }
    await keyboard().press("End");
    expect(await focused().getAttribute("id")).toBe("tab-data");
    await keyboard().press("Home");
    // After the tabs, the focus follows the reading order: filters, cards, chart.
    await keyboard().press("Tab");
    expect(await focused().getAttribute("id")).toBe("period");
    await tabTo("Waiting time");
    await keyboard().press("Enter");
    await page().locator('#tab-commands[aria-selected="true"]').waitFor();
    await keyboard().press("Alt+ArrowLeft");
    await page().locator('#tab-overview[aria-selected="true"]').waitFor();
    // A bar of the chart by arrow keys; a range with Shift.
    const bars = page().locator("#activity [data-at]");
    const last = (await bars.count()) - 1;
    await bars.last().focus();
    await keyboard().press("ArrowLeft");
    expect(await focused().getAttribute("data-at")).toBe(String(last - 1));
    await keyboard().press("Enter");
    await dashboard.drawer.waitFor();
    expect(await focused().getAttribute("id")).toBe("drawer-title");
    await keyboard().press("Escape");
    expect(await focused().getAttribute("data-at")).toBe(String(last - 1));
    await keyboard().press("Shift+ArrowLeft");
    await keyboard().press("Shift+ArrowLeft");
    await keyboard().press("Enter");
    await page().getByLabel("From", { exact: true }).waitFor();
    await keyboard().press("Alt+ArrowLeft");
    await dashboard.settled();
    const table = page().getByRole("table", { name: /^Commands per day/ });
    expect(await table.isVisible()).toBe(false);
    await page().getByText("Show as table").first().focus();
    await keyboard().press("Enter");
    await table.waitFor();
    await keyboard().press("Enter");
  });

  it.each([
    ["320 pixels", { width: 320, height: 900 }],
    ["4K", { width: 3840, height: 2160 }],
  ])("fits a window of %s", async (theme, size) => {
    await workbench.page.setViewportSize(size);
    for (const tab of places) {
      await open(tab);
      const [overflow, width] = await workbench.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth - innerWidth, innerWidth]",
      );
      expect(overflow, `${tab} at ${width} of ${theme}`).toBe(0);
      expect(await violations(workbench), `${tab} in ${theme}`).toEqual([]);
      await workbench.screenshot(`${tab}-${theme.replace(" ", "-")}`);
    }
    await openDrawer();
    expect(await violations(workbench), `drawer at ${theme}`).toEqual([]);
    await workbench.screenshot(`drawer-${theme.replace(" ", "-")}`);
    await keyboard().press("Escape");
    await workbench.page.setViewportSize({ width: 1280, height: 860 });
  });

  it("counts a part of the data, deletes it after a confirmation, and keeps the rest", async () => {
    await open("privacy");
    await page().getByText("Delete a part…").click();
    const count = page().getByRole("button", { name: "Count" });
    const source = page().getByLabel("Source");
    await source.selectOption({ value: "claude_code" });
    await page().getByLabel("From", { exact: true }).fill("2001-01-01");
    expect(await count.isDisabled()).toBe(true);
    await page().getByLabel("to", { exact: true }).fill("2001-01-02");
    await count.click();
    await page().getByText("No data matches.").waitFor();
    await page().getByLabel("From", { exact: true }).fill("");
    await page().getByLabel("to", { exact: true }).fill("");
    await count.click();
    const remove = page().getByRole("button", { name: /^Delete [\d,]+ events of / });
    const amount = /[\d,]+ events/.exec((await remove.textContent()) ?? "")?.[0];
    await remove.click();
    await workbench.screenshot("erase-part");
    await page()
      .getByRole("button", { name: `Delete ${amount}`, exact: true })
      .click();
    await page().getByText(`Deleted ${amount}`).first().waitFor();
    await workbench.screenshot("erased-part");
    await expect.poll(() => source.getByRole("option").allTextContents()).not.toContain("Claude Code");
    await open("overview");
    await page().getByRole("rowheader", { name: "cargo build" }).waitFor();
  });

  it("recovers after the worker is killed while it is open", async () => {
    await open("overview");
    await dashboard.choosePeriod("Today");
    await workbench.openTerminal();
    await workbench.type("git --version");
    const row = dashboard.row("git");
    await row.getByRole("cell", { name: "1", exact: true }).waitFor();
    await workbench.killWorker();
    await workbench.type("git --version");
    await row.getByRole("cell", { name: "2", exact: true }).waitFor();
    expect(await page().getByRole("alert").count()).toBe(0);
  });
});
