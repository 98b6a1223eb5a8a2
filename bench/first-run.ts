/**
 * A new user's way in a fresh profile of the packaged extension: from Enter until the sample is visible, from the click on *Record on
 * this machine* until the overview says what to do next, and from Enter in the terminal until the dashboard counts the command. The
 * sum is what the product takes of the way to the first number. Baseline: opening a webview with one heading.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageVsix } from "../scripts/package.ts";
import { Workbench } from "../test/browser/workbench.ts";
import { openingMs, packageEmpty } from "./dashboard.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";

const rounds = 3;
const limitMs = 2_000;

interface Times {
  readonly empty: number;
  readonly sample: number;
  readonly choice: number;
  readonly command: number;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function firstRun(vsix: readonly string[]): Promise<Times> {
  const workbench = await Workbench.open({ vsix });
  try {
    const page = workbench.nexusPage;
    // The first webview of a window loads VS Code's own parts.
    await openingMs(workbench, "Open the Empty Page", "Nothing else");
    const empty = await openingMs(workbench, "Open the Empty Page", "Nothing else");
    const sample = await openingMs(workbench, "Nexus: Open Dashboard", "Activity");
    await workbench.command("Nexus: Telemetry Enable");
    await page.getByRole("button", { name: "Select all" }).click();
    const choice = await timed(async () => {
      await page.getByRole("button", { name: "Record on this machine" }).click();
      await page.getByRole("heading", { name: "Recording is on. What next?" }).waitFor();
    });
    await workbench.openTerminal();
    await workbench.command("Terminal: Focus Terminal");
    await workbench.page.locator(".terminal.focus").waitFor();
    await workbench.page.keyboard.type("true");
    const command = await timed(async () => {
      await workbench.page.keyboard.press("Enter");
      await page.getByText("for 1 command", { exact: true }).waitFor();
    });
    return { empty, sample, choice, command };
  } finally {
    await workbench.close();
  }
}

export async function firstNumber(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const vsix = [await packageVsix(), await packageEmpty(folder)];
    const times: Times[] = [];
    for (let round = 0; round < scaled(rounds, 1); round += 1) times.push(await firstRun(vsix));
    const median = (of: (one: Times) => number) => quantile(times.map(of), 0.5);
    const against = "webview with one heading";
    const baseline = median(({ empty }) => empty);
    const measured = (name: string, value: number) =>
      figure({ name, unit: "ms", value, against, baseline, limit: limitMs });
    return [
      measured(
        "first-sample",
        median(({ sample }) => sample),
      ),
      measured(
        "first-choice",
        median(({ choice }) => choice),
      ),
      measured(
        "first-command",
        median(({ command }) => command),
      ),
      measured(
        "first-number",
        median(({ empty, sample, choice, command }) => Math.max(0, sample - empty) + choice + command),
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
