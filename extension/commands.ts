/** The commands of the palette. Results appear as status bar messages, never as notifications. */
import { commands, type Disposable, window } from "vscode";
import type { Permission } from "../shared/consent/consent.ts";
import type { App } from "./app.ts";
import type { CommandOutcome } from "./capture/nexus-commands.ts";
import type { Log } from "./log.ts";
import type { Ui } from "./ui/ui.ts";

const messageMs = 10_000;

/** Shows the action's sentence, or its error. */
async function report(work: Promise<string | null>): Promise<CommandOutcome> {
  try {
    const sentence = await work;
    if (sentence === null) return "cancelled";
    window.setStatusBarMessage(`Nexus: ${sentence}`, messageMs);
    return "finished";
  } catch (error) {
    window.setStatusBarMessage(
      `Nexus: ${error instanceof Error ? error.message : "unexpected error (see the log)"}`,
      messageMs,
    );
    return "failed";
  }
}

async function show(open: () => void): Promise<CommandOutcome> {
  open();
  return "finished";
}

type RunCommand = (ui: Ui, log: Log, permission: Permission) => Promise<CommandOutcome>;

const handlers: Readonly<Record<string, RunCommand>> = {
  status: ({ panel }) => show(() => panel.open("status")),
  // Without consent to share, opens the tab where it can be given.
  sync: ({ actions, panel }, _log, permission) =>
    permission.mode === "share" ? report(actions.sync()) : show(() => panel.open("sharing")),
  export: ({ actions }) => report(actions.exportAll()),
  purge: ({ actions }) => report(actions.purge()),
  enable: ({ panel }) => show(() => panel.open("privacy")),
  disable: ({ actions }) => report(actions.disable()),
  terminal: ({ cliOnPath }) => report(cliOnPath.toggle()),
  agents: ({ panel }) => show(() => panel.open("agents")),
  // Without consent nothing may be kept, so it opens the tab where it can be given.
  import: ({ actions, panel }, _log, permission) =>
    permission.mode === "off" ? show(() => panel.open("privacy")) : report(actions.importHistory()),
  help: async ({ steps }) => {
    await steps.open();
    return "finished";
  },
  dashboard: ({ panel }) => show(() => panel.open("overview")),
  log: (_, log) => show(() => log.show()),
};

export function registerCommands(loadApp: () => Promise<App>): readonly Disposable[] {
  return Object.entries(handlers).map(([name, run]) =>
    commands.registerCommand(`nexus.telemetry.${name}`, async () => {
      const app = await loadApp();
      const end = app.telemetry.nexusCommands.begin(name);
      try {
        const ui = await app.ui();
        end(await run(ui, app.log, app.telemetry.permission));
        const { features } = app.telemetry;
        if (name === "help") features.recordHelpViewed();
        if (name === "terminal" && !ui.cliOnPath.isAdded) features.recordSwitchedOff("cli");
      } catch (error) {
        end("failed");
        throw error;
      }
    }),
  );
}
