/**
 * The packaged extension with a database of an older version and with unusual data: 5,000 commands in 300 workspaces, durations of
 * 0 and of a month, the day on which clocks are put back; and with a worker that dies and a second window.
 */
import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { dayMs, hourMs, secondMs } from "../../shared/schema/durations.ts";
import { maxDurationMs } from "../../shared/schema/fields.ts";
import { dayText, durationText, usdText } from "../../shared/text/format.ts";
import { createOldDatabase, oldEvents } from "../fixtures/old-database.ts";
import { commandLines, longRuns, unusualEvents } from "../fixtures/unusual-events.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { createHomeWith } from "./sample-home.ts";
import { Workbench } from "./workbench.ts";

process.env["TZ"] = "Europe/Berlin";

const nowMs = Date.now();
const workspaces = 300;
const longestMs = maxDurationMs;
/** Two days before: it ended. */
const dayMsAgo = nowMs - 2 * dayMs;

/** Returns the noon of the last day, more than a month ago, on which clocks were put back. */
function longDay(): number {
  const now = new Date(nowMs);
  const noon = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 12);
  for (let days = 31; days < 410; days += 1) {
    const [before, at] = [noon(days + 1), noon(days)];
    if (at.getTimezoneOffset() > before.getTimezoneOffset()) return at.getTime();
  }
  throw new Error("Clocks are not put back in this time zone.");
}
const longDayMs = longDay();
/** 02:30 in summer time, and again in winter time. */
const repeatedHour = [longDayMs - 10.5 * hourMs, longDayMs - 9.5 * hourMs];
const yearStartMs = new Date(new Date(nowMs).getFullYear(), new Date(nowMs).getMonth() - 12).getTime();

let workbench: Workbench;
let dashboard: DashboardPage;

beforeAll(async () => {
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    env: { TZ: "Europe/Berlin" },
    prepare: async (home) => {
      const events = unusualEvents({ atMs: dayMsAgo, workspaces, longestMs, repeatedHour });
      await createHomeWith(home, 420, events);
      await writeFile(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention_days = 420\n");
      mkdirSync(join(home, "nexus", "state"), { recursive: true, mode: 0o700 });
      createOldDatabase(join(home, "nexus", "state", "telemetry.db"), 4, nowMs - 100 * dayMs);
    },
  });
  dashboard = await DashboardPage.opened(workbench);
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const all = commandLines.length;

async function chooseDays(from: number, to = from): Promise<void> {
  await page().getByLabel("Period", { exact: true }).selectOption("Custom range");
  // A range that is reversed meanwhile is not asked for.
  await page().getByLabel("From", { exact: true }).fill(dayText(from));
  await page().getByLabel("To", { exact: true }).fill(dayText(to));
  await page().getByLabel("From", { exact: true }).fill(dayText(from));
  await dashboard.settled();
}

async function openCommand(command: string): Promise<void> {
  await page()
    .getByRole("searchbox", { name: /^Search/ })
    .fill(command);
  await dashboard.row(command).getByRole("button", { name: command, exact: true }).click();
  await dashboard.drawer.getByRole("heading", { name: command, exact: true }).waitFor();
}

describe("unusual data", () => {
  it("shows 5,000 commands of 300 workspaces, and finds each", async () => {
    await dashboard.waitForCommands(all);
    const options = page().getByLabel("Workspace", { exact: true }).locator("option");
    // All of them together, each, and the folder that is open.
    expect(await options.count()).toBeGreaterThan(workspaces);
    await page().getByLabel("Workspace", { exact: true }).selectOption("Workspace E");
    await dashboard.settled();
    await dashboard.waitForCommands(Math.ceil(all / workspaces));
    await page().getByLabel("Workspace", { exact: true }).selectOption("All workspaces");
    await dashboard.open("commands");
    const [line = ""] = commandLines.slice(-1);
    await page()
      .getByRole("searchbox", { name: /^Search/ })
      .fill(line);
    await dashboard.row(line).waitFor();
    await workbench.screenshot("extremes-commands");
  });

  it("shows durations of 0 and of a month, totals of 10^12 ms, and large costs", async () => {
    const [longest = "", none = ""] = [commandLines[0], commandLines.at(-1)];
    await openCommand(longest);
    await dashboard.drawer.getByText(durationText(longestMs)).first().waitFor();
    await workbench.screenshot("extremes-drawer");
    await workbench.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await dashboard.drawer.getByRole("button", { name: "PNG" }).click();
    await page().getByText("Copied the chart.").waitFor();
    const picture = await workbench.page.evaluate(`navigator.clipboard.read().then(async ([item]) => {
      const { width, height } = await createImageBitmap(await item.getType("image/png"));
      return width > 400 && height > 200;
    })`);
    expect(picture).toBe(true);
    await workbench.page.keyboard.press("Escape");
    await openCommand(none);
    await dashboard.drawer.getByText("0 ms").first().waitFor();
    await workbench.page.keyboard.press("Escape");
    await dashboard.open("overview");
    const totalMs = longRuns * longestMs + (all - longRuns - 1) * secondMs;
    expect(totalMs).toBeGreaterThan(10 ** 12);
    await dashboard
      .card("Waiting time")
      .getByText(/^28\d,\d\d\d h$/)
      .waitFor();
    await dashboard.card("Cost at list prices").getByText(usdText(5_000)).waitFor();
    const isWide = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    expect(await workbench.evaluate(isWide)).toBe(false);
    await workbench.screenshot("extremes-overview");
  });

  it("counts both hours of the day on which clocks are put back, in one bar", async () => {
    await chooseDays(longDayMs);
    await dashboard.waitForCommands(2);
    const bars = page().locator("#activity [data-at]");
    expect(await bars.count()).toBe(24);
    expect(await bars.nth(2).getAttribute("aria-label")).toContain("02:00: Succeeded 2");
    expect(await page().locator(".heatmap .some").count()).toBe(1);
    await page().locator(".heatmap .some").click();
    await dashboard.drawer.getByRole("heading", { name: "Sunday 02:00" }).waitFor();
    await dashboard.drawer.getByText("Last 2", { exact: false }).first().waitFor();
    await workbench.page.keyboard.press("Escape");
  });

  it("says in which period nothing was recorded", async () => {
    await chooseDays(longDayMs + dayMs);
    await page().getByText("No data in this period").waitFor();
  });

  it("keeps the totals of a database of an older version", async () => {
    await dashboard.choosePeriod("12 months");
    await dashboard.waitForCommands(all + oldEvents - 1 + (longDayMs >= yearStartMs ? repeatedHour.length : 0));
  });
});

describe("two windows and a worker that dies", () => {
  it("keeps an open drawer, and answers the next question", async () => {
    await dashboard.choosePeriod("7 days");
    await dashboard.open("commands");
    await openCommand(commandLines[0] ?? "");
    await dashboard.settled();
    await workbench.killWorker();
    await dashboard.drawer.getByText(durationText(longestMs)).first().waitFor();
    await dashboard.drawer.getByRole("button", { name: "Only this", exact: true }).click();
    await dashboard.open("overview");
    await dashboard.waitForCommands(1);
    await page().getByRole("button", { name: "Clear filters" }).click();
    await dashboard.waitForCommands(all);
  });

  it("has filters of its own in each window, and the same events", async () => {
    const other = await workbench.anotherWindow();
    const second = new DashboardPage(other);
    await other.command("Nexus: Open Dashboard");
    await second.settled();
    await second.choosePeriod("7 days");
    await other.nexusPage.getByLabel("Source", { exact: true }).selectOption("VS Code terminal");
    await second.waitForCommands(all);
    await dashboard.open("overview");
    await page().getByLabel("Agent", { exact: true }).selectOption("Claude Code");
    await dashboard.settled();
    await page().getByText("No data in this period").or(dashboard.card("Cost at list prices")).first().waitFor();
    await other.runInTerminal("true");
    await second.waitForCommands(all + 1);
    await page().getByLabel("Agent", { exact: true }).selectOption("All agents");
    await dashboard.waitForCommands(all + 1);
  });
});
