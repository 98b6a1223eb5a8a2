/** The palette's commands. A result is said in the status bar's message area, never in a toast. */
import { commands, type Disposable, window } from "vscode";
import type { Permission } from "../shared/consent/consent.ts";
import type { App } from "./app.ts";
import type { CommandOutcome } from "./capture/nexus-commands.ts";
import type { Log } from "./log.ts";
import type { Ui } from "./ui/ui.ts";

/** How long a result stays readable. */
const messageMs = 10_000;

async function say(work: Promise<string | null>): Promise<CommandOutcome> {
  try {
    const sentence = await work;
    if (sentence === null) return "cancelled";
    window.setStatusBarMessage(`Nexus: ${sentence}`, messageMs);
    return "finished";
  } catch (error) {
    window.setStatusBarMessage(`Nexus: ${error instanceof Error ? error.message : "this did not work."}`, messageMs);
    return "failed";
  }
}

async function show(open: () => void): Promise<CommandOutcome> {
  open();
  return "finished";
}

async function openWalkthrough(): Promise<CommandOutcome> {
  await commands.executeCommand("workbench.action.openWalkthrough", "nexus.nexus-telemetry#first");
  return "finished";
}

type Run = (ui: Ui, log: Log, permission: Permission) => Promise<CommandOutcome>;

const table: Readonly<Record<string, Run>> = {
  status: ({ panel }) => show(() => panel.open("status")),
  // Without consent to share it leads to where that can be given.
  sync: ({ actions, panel }, _log, permission) =>
    permission.mode === "share" ? say(actions.sync()) : show(() => panel.open("sharing")),
  export: ({ actions }) => say(actions.exportAll()),
  purge: ({ actions }) => say(actions.purge()),
  enable: ({ panel }) => show(() => panel.open("privacy")),
  disable: ({ actions }) => say(actions.disable()),
  terminal: ({ cliOnPath }) => say(cliOnPath.toggle()),
  agents: ({ panel }) => show(() => panel.open("tools")),
  help: () => openWalkthrough(),
  dashboard: ({ panel }) => show(() => panel.open("overview")),
  log: (_, log) => show(() => log.show()),
};

export function registerCommands(needed: () => Promise<App>): readonly Disposable[] {
  return Object.entries(table).map(([name, run]) =>
    commands.registerCommand(`nexus.telemetry.${name}`, async () => {
      const product = await needed();
      const ended = product.telemetry.nexusCommands.begin(name);
      try {
        const ui = await product.ui();
        ended(await run(ui, product.log, product.telemetry.permission));
        const { features } = product.telemetry;
        if (name === "help") features.recordHelpViewed();
        if (name === "terminal" && !ui.cliOnPath.isAdded) features.recordSwitchedOff("cli");
      } catch (error) {
        ended("failed");
        throw error;
      }
    }),
  );
}
