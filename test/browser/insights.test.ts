/** Insights as their user meets them in the packaged extension: a month of work from an event log, sentences with evidence, put aside. */
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

describe("insights in the packaged extension", () => {
  it("are sentences with what they rest on and what to do", async () => {
    await workbench.runInTerminal("true");
    await workbench.command("Nexus: Open Dashboard");
    await page().getByRole("button", { name: "30 days" }).click();
    await page().getByRole("rowheader", { name: "cargo build" }).waitFor();
    await workbench.screenshot("overview-month-dark");
    await page().getByRole("tab", { name: "Insights" }).click();
    await heading(/^cargo build takes you .* a week\.$/).waitFor();
    await page()
      .getByText(/between \d+ % and \d+ % with 95 % confidence/)
      .first()
      .waitFor();
    await heading(/^npm test got slower/).waitFor();
    await workbench.screenshot("insights-dark");
  });

  it("stand beside the numbers of any days", async () => {
    await page().getByRole("tab", { name: "Overview" }).click();
    await page().getByRole("button", { name: "Other days" }).click();
    const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000).toLocaleDateString("sv-SE");
    await page().getByLabel("From", { exact: true }).fill(day(9));
    await page().getByLabel("To", { exact: true }).fill(day(3));
    // Seven whole days of 22 commands.
    await page()
      .locator("dl.card", { has: page().getByText("Commands", { exact: true }) })
      .getByText("154", { exact: true })
      .waitFor();
    await page()
      .getByText(/as before|than before/)
      .first()
      .waitFor();
    await workbench.screenshot("overview-days-dark");
    await page().getByRole("tab", { name: "Insights" }).click();
  });

  it("are filtered, put aside and shown again, by keyboard too", async () => {
    await page().getByRole("button", { name: "Agents", exact: true }).focus();
    await workbench.page.keyboard.press("Enter");
    await heading(/of Claude Code/)
      .first()
      .waitFor();
    expect(await heading(/cargo build/).count()).toBe(0);
    await page().getByRole("button", { name: "All" }).click();
    await page()
      .getByRole("button", { name: /^Put aside: cargo build takes you/ })
      .click();
    await page().getByText("1 insight put aside.").waitFor();
    expect(await heading(/^cargo build takes you/).count()).toBe(0);
    await page().getByRole("button", { name: "Show again" }).click();
    await heading(/^cargo build takes you/).waitFor();
  });
});
