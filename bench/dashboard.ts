/**
 * The dashboard of the packaged extension in Chromium, with a million events of a year: time from Enter in the command palette
 * until its statistics are visible (the first opening also starts the worker), from the choice of a filter or period until cards
 * and chart show it, and until everything does, and from a click on a command until its drawer shows figures, and until it is
 * complete. Baseline: a webview with one heading, alternating in the same window.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import { packageVsix } from "../scripts/package.ts";
import { displayedNotice } from "../server/config/consent-log.ts";
import { categories } from "../shared/schema/categories.ts";
import { Workbench } from "../test/browser/workbench.ts";
import { decide } from "../test/fixtures/consented.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { yearOf } from "./year.ts";

const rounds = 9;
/** Against a webview with one heading. */
const openingRatio = 1.5;
const changeLimitMs = 150;
const drawerLimitMs = 120;
const completeDrawerLimitMs = 300;
/** All tables, insights and heatmaps too. */
const completeLimitMs = 1_000;

const emptyExtension = `const { commands, window } = require("vscode");
exports.activate = () => commands.registerCommand("empty.open", () => {
  window.createWebviewPanel("empty", "Empty", 1, {}).webview.html = "<!DOCTYPE html><html lang=en><h1>Nothing else</h1>";
});`;

/** Packages an extension whose dashboard is one heading: the cost of an empty webview. */
export async function packageEmpty(folder: string): Promise<string> {
  const commands = [{ command: "empty.open", title: "Open the Empty Page" }];
  const manifest = {
    name: "empty",
    publisher: "bench",
    version: "1.0.0",
    engines: { vscode: "^1.101.0" },
    main: "./main.js",
    activationEvents: ["onStartupFinished"],
    contributes: { commands },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "main.js"), emptyExtension);
  const packagePath = join(folder, "empty.vsix");
  await createVSIX({ cwd: folder, packagePath, dependencies: false, allowMissingRepository: true, skipLicense: true });
  return packagePath;
}

async function prepare(home: string): Promise<void> {
  const notice = displayedNotice;
  const record = { ts: new Date(0).toISOString(), mode: "local", collect: categories, notice };
  decide(home, record);
  yearOf(join(home, "nexus", "state", "telemetry.db"), scaled(1_000_000, 4_000)).close();
}

/** Returns the milliseconds from Enter until the heading is visible. */
export async function openingMs(workbench: Workbench, command: string, heading: string): Promise<number> {
  await workbench.chooseCommand(command);
  const startedMs = performance.now();
  await workbench.page.keyboard.press("Enter");
  await workbench.nexusPage.getByRole("heading", { name: heading, exact: true }).waitFor();
  const ms = performance.now() - startedMs;
  await workbench.command("View: Close Editor");
  await workbench.page.locator("iframe.webview").first().waitFor({ state: "detached" });
  return ms;
}

/** Returns the milliseconds from an action until a condition in the page holds, as the page itself measures them. */
async function changeMs(workbench: Workbench, action: string, isDone: string): Promise<number> {
  return workbench.evaluate<number>(`new Promise((resolve) => {
    const startedMs = performance.now();
    ${action}
    const check = () => (${isDone}) ? resolve(performance.now() - startedMs) : requestAnimationFrame(check);
    requestAnimationFrame(check);
  })`);
}

/** Cards and chart show the new figures. */
const isShown = `!document.querySelector('.answers[aria-busy="true"]')`;
/** Every answer is there. */
const isComplete = `!document.getElementById("page").hasAttribute("data-waiting")`;
/** The drawer has its figures and the chart of its history. */
const isDrawerShown = `!document.querySelector("#overview-commands tbody") || document.querySelector(".drawer dl")`;
/** It has durations and last runs too. */
const isDrawerComplete = `!document.querySelector(".drawer") || document.querySelector("#durations") && document.querySelector(".drawer caption")`;
const isClosed = `!document.querySelector(".drawer")`;

/** Chooses an option of a filter; without so many options the last one, without the filter nothing. */
const choose = (id: string, index: number) =>
  `const select = document.getElementById("${id}");
   if (select !== null) {
     select.selectedIndex = Math.min(${index}, select.options.length - 1);
     select.dispatchEvent(new Event("change"));
   }`;
/** Opens the drawer of a command by its row; without so many rows the last one. */
const openCommand = (index: number) =>
  `const rows = document.querySelectorAll("#overview-commands tbody tr button"); rows[Math.min(${index}, rows.length - 1)]?.click();`;
const closeDrawer = `dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));`;

/** Each filter, period and command once, so that no answer is known. */
async function changes(
  workbench: Workbench,
): Promise<Readonly<Record<"shown" | "complete" | "drawers" | "completeDrawers", number[]>>> {
  const [shown, complete, drawers, completeDrawers]: [number[], number[], number[], number[]] = [[], [], [], []];
  const change = async (action: string) => {
    const startedMs = performance.now();
    shown.push(await changeMs(workbench, action, isShown));
    await changeMs(workbench, "", isComplete);
    complete.push(performance.now() - startedMs);
  };
  await changeMs(workbench, "", isComplete);
  for (const id of ["filter-workspace", "filter-agent"]) {
    for (let index = 1; index <= 4; index += 1) await change(choose(id, index));
    await changeMs(workbench, choose(id, 0), isComplete);
  }
  // Yesterday, 7 days, 14 days, 90 days, and back to 30 days.
  for (const index of [1, 2, 3, 5]) await change(choose("period", index));
  await changeMs(workbench, choose("period", 4), isComplete);
  for (let index = 0; index < 8; index += 1) {
    const startedMs = performance.now();
    drawers.push(await changeMs(workbench, openCommand(index), isDrawerShown));
    await changeMs(workbench, "", isDrawerComplete);
    completeDrawers.push(performance.now() - startedMs);
    await changeMs(workbench, "", isComplete);
    await changeMs(workbench, closeDrawer, isClosed);
  }
  return { shown, complete, drawers, completeDrawers };
}

export async function dashboard(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const vsix = [await packageVsix(), await packageEmpty(folder)];
  const workbench = await Workbench.open({ vsix, prepare });
  try {
    const [dashboard, empty]: [number[], number[]] = [[], []];
    for (let round = 0; round < scaled(rounds, 2); round += 1) {
      dashboard.push(await openingMs(workbench, "Nexus: Open Dashboard", "Activity"));
      empty.push(await openingMs(workbench, "Open the Empty Page", "Nothing else"));
    }
    const [firstMs = Number.NaN, ...later] = dashboard;
    await workbench.command("Nexus: Open Dashboard");
    await workbench.nexusPage.getByRole("heading", { name: "Activity", exact: true }).waitFor();
    const { shown, complete, drawers, completeDrawers } = await changes(workbench);
    const baseline = quantile(empty, 0.5);
    const measured = (name: string, value: number, limit: number) =>
      figure({ name, unit: "ms", value, against: "webview with one heading", baseline, limit });
    const limitMs = openingRatio * baseline;
    return [
      measured("dashboard-first", firstMs, limitMs),
      measured("dashboard-interactive", quantile(later, 0.5), limitMs),
      measured("dashboard-change", quantile(shown, 0.95), changeLimitMs),
      measured("dashboard-complete", quantile(complete, 0.95), completeLimitMs),
      measured("dashboard-drawer", quantile(drawers, 0.95), drawerLimitMs),
      measured("dashboard-drawer-complete", quantile(completeDrawers, 0.95), completeDrawerLimitMs),
    ];
  } finally {
    await workbench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
