/**
 * The dashboard of the packaged extension in Chromium: time from Enter in the command palette until
 * its statistics are visible, with a million events of a year. The first opening also starts the
 * worker. Baseline: a webview with one heading, alternating in the same window.
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
const limitMs = 300;

const emptyExtension = `const { commands, window } = require("vscode");
exports.activate = () => commands.registerCommand("empty.open", () => {
  window.createWebviewPanel("empty", "Empty", 1, {}).webview.html = "<!DOCTYPE html><html lang=en><h1>Nothing else</h1>";
});`;

/** Packages an extension whose dashboard is one heading: the cost of an empty webview. */
async function packageEmpty(folder: string): Promise<string> {
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
async function openingMs(workbench: Workbench, command: string, heading: string): Promise<number> {
  await workbench.chooseCommand(command);
  const startedMs = performance.now();
  await workbench.page.keyboard.press("Enter");
  await workbench.nexusPage.getByRole("heading", { name: heading, exact: true }).waitFor();
  const ms = performance.now() - startedMs;
  await workbench.command("View: Close Editor");
  await workbench.page.locator("iframe.webview").first().waitFor({ state: "detached" });
  return ms;
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
    const baseline = quantile(empty, 0.5);
    const against = "webview with one heading";
    return [
      figure({ name: "dashboard-first", unit: "ms", value: firstMs, against, baseline, limit: limitMs }),
      figure({
        name: "dashboard-interactive",
        unit: "ms",
        value: quantile(later, 0.5),
        against,
        baseline,
        limit: limitMs,
      }),
    ];
  } finally {
    await workbench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
