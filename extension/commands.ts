/** The palette's commands. A result is said in the status bar's message area, never in a toast. */
import { commands, type Disposable, window } from "vscode";
import type { Actions } from "./actions.ts";
import type { Log } from "./log.ts";
import type { PagePanel } from "./page/panel.ts";

/** How long a result stays readable. */
const messageMs = 10_000;

async function say(work: Promise<string | null>): Promise<void> {
  try {
    const sentence = await work;
    if (sentence !== null) window.setStatusBarMessage(`Nexus: ${sentence}`, messageMs);
  } catch (error) {
    window.setStatusBarMessage(`Nexus: ${error instanceof Error ? error.message : "this did not work."}`, messageMs);
  }
}

export function registerCommands(actions: Actions, panel: PagePanel, log: Log): readonly Disposable[] {
  const table: Readonly<Record<string, () => unknown>> = {
    "nexus.telemetry.status": () => panel.open("status"),
    "nexus.telemetry.export": () => say(actions.exportAll()),
    "nexus.telemetry.purge": () => say(actions.purge()),
    "nexus.telemetry.enable": () => panel.open("privacy"),
    "nexus.telemetry.disable": () => say(actions.disable()),
    "nexus.telemetry.dashboard": () => panel.open("overview"),
    "nexus.telemetry.log": () => log.show(),
  };
  return Object.entries(table).map(([command, run]) => commands.registerCommand(command, run));
}
