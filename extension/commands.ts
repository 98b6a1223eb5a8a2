/** The palette's commands. A result is said in the status bar's message area, never in a toast. */
import { commands, type Disposable, window } from "vscode";
import type { Permission } from "../shared/consent/consent.ts";
import type { Product } from "./app.ts";
import type { Outcome } from "./capture/nexus-commands.ts";
import type { Log } from "./log.ts";
import type { Faces } from "./ui/ui.ts";

/** How long a result stays readable. */
const messageMs = 10_000;

async function say(work: Promise<string | null>): Promise<Outcome> {
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

async function show(open: () => void): Promise<Outcome> {
  open();
  return "finished";
}

async function openWalkthrough(): Promise<Outcome> {
  await commands.executeCommand("workbench.action.openWalkthrough", "nexus.nexus-telemetry#first");
  return "finished";
}

type Run = (faces: Faces, log: Log, permission: Permission) => Promise<Outcome>;

const table: Readonly<Record<string, Run>> = {
  status: ({ panel }) => show(() => panel.open("status")),
  // Without consent to share it leads to where that can be given.
  sync: ({ actions, panel }, _log, permission) =>
    permission.mode === "share" ? say(actions.sync()) : show(() => panel.open("sharing")),
  export: ({ actions }) => say(actions.exportAll()),
  purge: ({ actions }) => say(actions.purge()),
  enable: ({ panel }) => show(() => panel.open("privacy")),
  disable: ({ actions }) => say(actions.disable()),
  terminal: ({ terminalCommand }) => say(terminalCommand.toggle()),
  agents: ({ panel }) => show(() => panel.open("tools")),
  help: () => openWalkthrough(),
  dashboard: ({ panel }) => show(() => panel.open("overview")),
  log: (_, log) => show(() => log.show()),
};

export function registerCommands(needed: () => Promise<Product>): readonly Disposable[] {
  return Object.entries(table).map(([name, run]) =>
    commands.registerCommand(`nexus.telemetry.${name}`, async () => {
      const product = await needed();
      const ended = product.telemetry.ownCommands.began(name);
      try {
        const faces = await product.faces();
        ended(await run(faces, product.log, product.telemetry.permission));
        const { features } = product.telemetry;
        if (name === "help") features.helpViewed();
        if (name === "terminal" && !faces.terminalCommand.on) features.switchedOff("cli");
      } catch (error) {
        ended("failed");
        throw error;
      }
    }),
  );
}
