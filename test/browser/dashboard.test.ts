/**
 * The page as its user meets it in the packaged extension: every tab in every kind of theme, by axe-core, by keyboard alone, as
 * narrow and as wide as screens are, with the theme changed and the recorder killed while it is open.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { tabs } from "../../shared/protocol/dashboard.ts";
import { violations } from "./accessibility.ts";
import { createSampleHome } from "./sample-home.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({ vsix: inject("vsix"), prepare: createSampleHome });
  await workbench.command("View: Close Primary Side Bar");
  await workbench.command("Nexus: Open Dashboard");
  await page().getByRole("button", { name: "30 days" }).click();
  await page().getByRole("rowheader", { name: "cargo build" }).waitFor();
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const keyboard = () => workbench.page.keyboard;
const focused = () => page().locator(":focus");

/** What each tab shows when it is there. */
const seen = {
  overview: "When in the week",
  insights: /^cargo build takes you/,
  tools: "How much is seen",
  sharing: "What may be shared?",
  privacy: "What the recorder costs",
  status: "Database",
} as const;

async function open(tab: (typeof tabs)[number]): Promise<void> {
  await page().locator(`#tab-${tab}`).click();
  await page().getByRole("heading", { name: seen[tab] }).first().waitFor();
}

/** Each of them has a background of its own. */
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
  ["dark", "Default Dark Modern"],
] as const;

describe("the page in the packaged extension", () => {
  it.each(themes)(
    "breaks no rule of axe-core on any tab, in the theme %s, chosen while it is open",
    async (theme, name) => {
      await chooseTheme(name);
      for (const tab of tabs) {
        await open(tab);
        await workbench.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
        expect(await violations(workbench), `${tab} in ${theme}`).toEqual([]);
        await workbench.evaluate(
          "document.querySelectorAll('details').forEach((details) => { details.open = false; })",
        );
        await workbench.screenshot(`${tab}-${theme}`);
      }
    },
  );

  it("is walked by keyboard alone", async () => {
    await open("overview");
    await page().locator("#tab-overview").focus();
    for (const tab of [...tabs.slice(1), tabs[0]]) {
      await keyboard().press("ArrowRight");
      expect(await focused().getAttribute("id")).toBe(`tab-${tab}`);
      await page().getByRole("heading", { name: seen[tab] }).first().waitFor();
    }
    await keyboard().press("End");
    expect(await focused().getAttribute("id")).toBe("tab-status");
    await keyboard().press("Home");
    // From the tabs on, in the order in which one reads.
    await keyboard().press("Tab");
    expect(await focused().textContent()).toBe("Today");
    await keyboard().press("Tab");
    await keyboard().press("Enter");
    await page().getByRole("button", { name: "7 days", pressed: true }).waitFor();
    const table = page().getByRole("table").filter({ hasText: "Cancelled or unknown" });
    expect(await table.isVisible()).toBe(false);
    while ((await focused().textContent()) !== "As a table") await keyboard().press("Tab");
    await keyboard().press("Enter");
    await table.waitFor();
    await keyboard().press("Enter");
  });

  it.each([
    ["320 pixels", { width: 320, height: 900 }],
    ["4K", { width: 3840, height: 2160 }],
  ])("fits a window of %s", async (theme, size) => {
    await workbench.page.setViewportSize(size);
    for (const tab of tabs) {
      await open(tab);
      const [over, wide] = await workbench.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth - innerWidth, innerWidth]",
      );
      expect(over, `${tab} at ${wide} of ${theme}`).toBe(0);
      expect(await violations(workbench), `${tab} in ${theme}`).toEqual([]);
      await workbench.screenshot(`${tab}-${theme.replace(" ", "-")}`);
    }
    await workbench.page.setViewportSize({ width: 1280, height: 860 });
  });

  it("comes back by itself when the recorder is killed while it is open", async () => {
    await open("overview");
    await page().getByRole("button", { name: "Today" }).click();
    await workbench.openTerminal();
    await workbench.type("git --version");
    const row = page()
      .getByRole("row")
      .filter({ has: page().getByRole("rowheader", { name: "git", exact: true }) });
    await row.getByRole("cell", { name: "1", exact: true }).waitFor();
    await workbench.killWorker();
    await workbench.type("git --version");
    await row.getByRole("cell", { name: "2", exact: true }).waitFor();
    expect(await page().getByRole("alert").count()).toBe(0);
  });
});
