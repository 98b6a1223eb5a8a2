/** The palette's commands. A result is said in the status bar's message area, never in a toast. */
import { commands, type Disposable, window } from "vscode";
import type { Product } from "./product.ts";

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

export function registerCommands(needed: () => Product): readonly Disposable[] {
  const table: Readonly<Record<string, () => unknown>> = {
    status: () => needed().panel.open("status"),
    export: () => say(needed().actions.exportAll()),
    purge: () => say(needed().actions.purge()),
    enable: () => needed().panel.open("privacy"),
    disable: () => say(needed().actions.disable()),
    dashboard: () => needed().panel.open("overview"),
    log: () => needed().log.show(),
  };
  return Object.entries(table).map(([name, run]) => commands.registerCommand(`nexus.telemetry.${name}`, run));
}
