/** Insights of a sample month in the packaged extension: evidence, filters, dismissing. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DashboardPage } from "./dashboard-page.ts";
import { createSampleHome } from "./sample-home.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({ vsix: inject("vsix"), prepare: createSampleHome });
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const heading = (name: string | RegExp) => page().getByRole("heading", { name });

describe("insights tab in the packaged extension", () => {
  it("shows insights with evidence and advice", async () => {
    await workbench.runInTerminal("true");
    await workbench.command("Nexus: Open Dashboard");
    await page().getByRole("rowheader", { name: "cargo build" }).waitFor();
    await workbench.screenshot("overview-month-dark");
    await page().getByRole("tab", { name: "Insights" }).click();
    await heading(/^cargo build takes .* per week\.$/).waitFor();
    await page()
      .getByText(/95% CI \d+% to \d+%/)
      .first()
      .waitFor();
    await heading(/^npm test became slower on \d{4}-\d\d-\d\d/).waitFor();
    await page().getByText("Why is this here?").first().click();
    await page()
      .getByText(/rank-sum test|At least 10 runs/)
      .first()
      .waitFor();
    await workbench.screenshot("insights-dark");
  });

  it("shows another period, and days that the user chooses", async () => {
    const dashboard = new DashboardPage(workbench);
    await dashboard.choosePeriod("7 days");
    await heading(/^cargo build takes .* per week\.$/).waitFor();
    await dashboard.open("overview");
    await dashboard.choosePeriod("Custom range");
    const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000).toLocaleDateString("sv-SE");
    await page().getByLabel("From", { exact: true }).fill(day(9));
    await page().getByLabel("To", { exact: true }).fill(day(3));
    // Seven days with 22 commands each.
    await dashboard.waitForCommands(154);
    await page()
      .getByText(/vs\. the 7 days before/)
      .first()
      .waitFor();
    await workbench.screenshot("overview-days-dark");
    await dashboard.choosePeriod("30 days");
    await dashboard.open("insights");
  });

  it("filters, dismisses and restores insights", async () => {
    await page().getByRole("button", { name: "Agents", exact: true }).focus();
    await workbench.page.keyboard.press("Enter");
    await heading(/in Claude Code/)
      .first()
      .waitFor();
    expect(await heading(/cargo build/).count()).toBe(0);
    await page().getByRole("button", { name: "All", exact: true }).click();
    await page()
      .getByRole("button", { name: /^Dismiss: cargo build takes/ })
      .click();
    await page().getByRole("button", { name: "I know" }).click();
    await page().getByText("1 insight dismissed.").waitFor();
    expect(await heading(/^cargo build takes/).count()).toBe(0);
    await page().getByRole("button", { name: "Restore" }).click();
    await heading(/^cargo build takes/).waitFor();
  });

  it("leads from an insight to its runs, and back with Escape", async () => {
    await page()
      .getByRole("button", { name: /^Show runs: npm test became slower/ })
      .click();
    const { drawer } = new DashboardPage(workbench);
    await drawer.getByRole("heading", { name: "npm test" }).waitFor();
    await drawer.getByText("Last 50 of").waitFor();
    await workbench.page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
  });
});
