/** A year of work in the packaged extension: every planted truth is found by clicking, and figures equal a recount. */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { commands, plantedTruths, type WorkEvent, yearOfWork } from "../../server/sample/work.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { dayText, durationText, numberText } from "../../shared/text/format.ts";
import { commandClass } from "../../shared/vocabulary/command-classes.ts";
import { cleanToolUse } from "../fixtures/clean-events.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { createYearHome } from "./sample-home.ts";
import { Workbench } from "./workbench.ts";

const nowMs = Date.now();
let workbench: Workbench;
let dashboard: DashboardPage;
/** The folder that is open is the workspace `backend`. */
let openFolder = "";

beforeAll(async () => {
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    viewport: { width: 1440, height: 1000 },
    prepare: async (home) => {
      openFolder = pathToFileURL(home.replace(/home$/, "workspace")).href;
      await createYearHome(home, { nowMs, workspaceOf: (name) => (name === "backend" ? openFolder : name) });
    },
  });
  dashboard = await DashboardPage.opened(workbench);
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;

/** Command runs in the last days, as the dashboard counts them. */
function runsOfLast(days: number): readonly WorkEvent[] {
  const firstDay = dayText(nowMs - (days - 1) * dayMs);
  return [...yearOfWork({ nowMs })].filter(
    ({ tsMs, source }) => source === "vscode_terminal" && dayText(tsMs) >= firstDay && tsMs <= nowMs,
  );
}

/** The commands as they are stored: a few lines are named after their program only. */
const stored = new Map(
  commands.map((line) => [line, String(cleanToolUse({ command_line: line }).payload["command_path"])]),
);
const isWaitedFor = ({ fields }: WorkEvent): boolean =>
  !["server", "interactive"].includes(commandClass(stored.get(String(fields["command_path"])) ?? ""));
const msOf = (events: readonly WorkEvent[]): number =>
  events.reduce((sum, { fields }) => sum + Number(fields["duration_ms"]), 0);

describe("a year of work", () => {
  it("shows the same figures as a recount, also with filters", async () => {
    const runs = runsOfLast(30);
    await workbench.screenshot("year-overview");
    await dashboard.waitForCommands(runs.length);
    await dashboard
      .card("Waiting time")
      .getByText(durationText(msOf(runs.filter(isWaitedFor))))
      .waitFor();
    const failed = runs.filter(({ fields }) => fields["status"] === "failed");
    await dashboard
      .card("Failed commands")
      .getByText(`${failed.length} of ${numberText(runs.length)}`)
      .waitFor();
    await page().getByLabel("Workspace", { exact: true }).selectOption({ label: "workspace (this)" });
    const here = runs.filter(({ workspace }) => workspace === plantedTruths.waiting.workspace);
    await dashboard.waitForCommands(here.length);
    await page().getByLabel("Workspace", { exact: true }).selectOption("All workspaces");
    const { command } = plantedTruths.slower;
    const times = runs.filter(({ fields }) => fields["command_path"] === command);
    const row = dashboard.row(command);
    expect(await row.getByRole("cell").first().textContent()).toBe(numberText(times.length));
  });

  it("finds the command that became slower: overview, insight, runs", async () => {
    const { command, days } = plantedTruths.slower;
    const insight = page().getByRole("button", { name: new RegExp(`^${command} became slower on `) });
    const since = /\d{4}-\d\d-\d\d/.exec((await insight.textContent()) ?? "")?.[0] ?? "";
    // A day of invented work ends at this hour, so it has parts of two days.
    expect(Math.abs((nowMs - new Date(`${since}T12:00`).getTime()) / dayMs - days)).toBeLessThan(2);
    await insight.click();
    const { drawer } = dashboard;
    await drawer.getByRole("heading", { name: command }).waitFor();
    await drawer.getByText("check", { exact: true }).waitFor();
    await drawer.getByRole("heading", { name: "Durations" }).waitFor();
    await workbench.screenshot("year-drawer");
    await drawer.getByRole("button", { name: "Only this", exact: true }).click();
    await dashboard.waitForCommands(runsOfLast(30).filter(({ fields }) => fields["command_path"] === command).length);
    await page().getByText(`Command: ${command}`).waitFor();
    await page().getByRole("button", { name: "Clear filters" }).click();
  });

  it("finds the agent whose edits began to fail", async () => {
    await dashboard.card("Agents").click();
    const table = page().getByRole("table", { name: "How often edits pass the next check" });
    const rates = async () => {
      const row = table.getByRole("row").filter({ has: page().getByRole("rowheader", { name: "Codex" }) });
      return Number.parseFloat((await row.getByRole("cell").nth(1).textContent()) ?? "");
    };
    await dashboard.choosePeriod("14 days");
    await table.waitFor();
    const now = await rates();
    await dashboard.choosePeriod("12 months");
    await expect.poll(rates).toBeGreaterThan(now + 15);
    await workbench.screenshot("year-agents");
  });

  it("finds the jump of the cost by the change of a model", async () => {
    await dashboard.choosePeriod("30 days");
    const { cost } = plantedTruths;
    const bars = page().locator("#cost [data-at]");
    const nameOf = async (daysAgo: number) => (await bars.nth(29 - daysAgo).getAttribute("aria-label")) ?? "";
    const names = await Promise.all(Array.from({ length: cost.days }, (_, daysAgo) => nameOf(daysAgo)));
    expect(names.join()).toContain(cost.after);
    // A day of invented work has parts of two days.
    const earlier = await Promise.all(Array.from({ length: 10 }, (_, n) => nameOf(cost.days + 1 + n)));
    expect(earlier.join()).not.toContain(cost.after);
    expect(earlier.join()).toContain(cost.before);
  });

  it("finds the workspace with most waiting time, which is the open one, and names another", async () => {
    await dashboard.open("overview");
    const table = page().getByRole("table", { name: "Workspaces" });
    expect(await table.getByRole("rowheader").first().textContent()).toContain("workspace (this)");
    await table
      .getByRole("button", { name: /^Rename Workspace/ })
      .first()
      .click();
    await page().getByLabel("Name of the workspace, only in this editor").fill("Payroll");
    await page().getByRole("button", { name: "Save", exact: true }).click();
    await table.getByRole("button", { name: "Payroll", exact: true }).waitFor();
    await workbench.screenshot("year-workspaces");
  });

  it("selects days in the chart with the pointer, opens one, and steps back", async () => {
    const chart = page().locator("#activity");
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    if (box === null) throw new Error("There is no chart.");
    const at = (day: number) => box.x + ((day + 0.5) / 30) * box.width;
    const y = box.y + box.height / 2;
    const { mouse } = workbench.page;
    await mouse.move(at(10), y);
    await mouse.down();
    await mouse.move(at(12), y, { steps: 4 });
    await mouse.move(at(14), y, { steps: 4 });
    await mouse.up();
    await expect.poll(() => page().getByLabel("From", { exact: true }).inputValue()).toBe(dayText(nowMs - 19 * dayMs));
    expect(await page().getByLabel("To", { exact: true }).inputValue()).toBe(dayText(nowMs - 15 * dayMs));
    await page().getByRole("button", { name: "Back", exact: true }).click();
    await dashboard.settled();
    const period = page().getByLabel("Period", { exact: true });
    expect(await period.locator("option:checked").textContent()).toBe("30 days");
    await chart.locator("[data-at='20']").click();
    await dashboard.drawer.getByText("Last").first().waitFor();
    await workbench.page.keyboard.press("Escape");
  });

  it("shows a year by weeks with a calendar of days", async () => {
    await dashboard.choosePeriod("12 months");
    await page().getByRole("heading", { name: "Days" }).waitFor();
    await page().getByText("Show all", { exact: false }).first().waitFor();
    await workbench.screenshot("year-12-months");
    await dashboard.choosePeriod("30 days");
  });

  it("compares the month with a budget, and marks the status bar item when it is spent", async () => {
    await workbench.userSettings({ "nexus.telemetry.monthlyBudget": 0.01, "nexus.telemetry.statusBar": "cost" });
    await dashboard.open("agents");
    await page()
      .getByText(/^This month: .* of \$0\.01/)
      .waitFor();
    await workbench.runInTerminal("true");
    const month = dayText(nowMs).slice(0, 7);
    const requests = [...yearOfWork({ nowMs })].filter(({ type, tsMs }) => type === "model_request" && tsMs <= nowMs);
    // In the first minutes of a month nothing is spent.
    if (requests.some(({ tsMs }) => dayText(tsMs).startsWith(month))) {
      await workbench.statusItem.filter({ hasText: "•" }).waitFor();
      expect(await workbench.statusTooltip()).toMatch(/The monthly budget is spent: \$[\d.]+ of \$0\.01/);
    }
    await workbench.userSettings({});
  });

  it("lists today in the side bar", async () => {
    await workbench.command("Explorer: Focus on Nexus: Today View");
    const view = workbench.page.locator(".pane", { hasText: "Nexus: Today" });
    // In the first minutes of a day there is none.
    await view.getByText(/^(Last failures|No failures)$/).waitFor();
    await workbench.screenshot("year-today");
    await workbench.command("View: Close Primary Side Bar");
  });

  it("shows a new command in every open view within seconds", async () => {
    await dashboard.open("commands");
    await page()
      .getByRole("searchbox", { name: /^Search/ })
      .fill("tac");
    await workbench.runInTerminal("tac /dev/null");
    await dashboard.row("tac").waitFor();
    await dashboard.open("sessions");
    await page().getByRole("table", { name: "Sessions" }).waitFor();
    await workbench.screenshot("year-sessions");
  });
});
