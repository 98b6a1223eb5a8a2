/** Insights of a sample month in the packaged extension: evidence, filters, dismissing. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
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
    await page().getByRole("button", { name: "30 days" }).click();
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

  it("shows another period", async () => {
    const periods = page().getByRole("group", { name: "Period of the insights" });
    await periods.getByRole("button", { name: "7 days" }).click();
    await periods.getByRole("button", { name: "7 days", pressed: true }).waitFor();
    await heading(/^cargo build takes .* per week\.$/).waitFor();
    await periods.getByRole("button", { name: "30 days" }).click();
  });

  it("keeps its insights while the overview shows a custom range", async () => {
    await page().getByRole("tab", { name: "Overview" }).click();
    await page().getByRole("button", { name: "Custom range" }).click();
    const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000).toLocaleDateString("sv-SE");
    await page().getByLabel("From", { exact: true }).fill(day(9));
    await page().getByLabel("To", { exact: true }).fill(day(3));
    // Seven days with 22 commands each.
    await page()
      .locator("dl.card", { has: page().getByText("Commands", { exact: true }) })
      .getByText("154", { exact: true })
      .waitFor();
    await page()
      .getByText(/^(unchanged|[+−]\d+(%| points?))$/)
      .first()
      .waitFor();
    await workbench.screenshot("overview-days-dark");
    await page().getByRole("tab", { name: "Insights" }).click();
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
});
