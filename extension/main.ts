/** The extension's entry: puts the parts together, and takes them apart in good order. */
import { homedir } from "node:os";
import { join } from "node:path";
import { type ExtensionContext, type WebviewPanel, window, workspace } from "vscode";
import { consentFile } from "../shared/locations.ts";
import { Actions } from "./actions.ts";
import { registerCommands } from "./commands.ts";
import { Log } from "./log.ts";
import { PagePanel, panelType } from "./page/panel.ts";
import { PermissionSource } from "./permission.ts";
import { StatusItem } from "./status-item.ts";
import { Telemetry } from "./telemetry.ts";
import { systemTimers } from "./timers.ts";
import type { Launch } from "./worker/link.ts";

let running: Telemetry | undefined;

export function activate(context: ExtensionContext): void {
  const log = new Log();
  const permissions = new PermissionSource(consentFile({ env: process.env, home: homedir(), join }));
  // The client library is large; it is loaded with the first worker.
  const launch: Launch = async (editor, events) => {
    const { launchWorker } = await import("./worker/client.ts");
    return launchWorker(join(context.extensionPath, "dist"), editor, events);
  };
  const telemetry = new Telemetry(permissions, launch, systemTimers, log, {
    stateChanged: () => {
      statusItem.show(telemetry);
      panel.changed();
    },
    dataChanged: () => panel.changed(),
  });
  const actions = new Actions(telemetry, permissions);
  const panel = new PagePanel(context, telemetry, actions, systemTimers, log);
  const statusItem = new StatusItem(telemetry);
  running = telemetry;
  context.subscriptions.push(
    log,
    permissions,
    telemetry,
    statusItem,
    panel,
    ...registerCommands(actions, panel, log),
    window.registerWebviewPanelSerializer(panelType, {
      deserializeWebviewPanel: async (kept: WebviewPanel) => panel.adopt(kept),
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("nexus.telemetry")) return;
      telemetry.followSettings();
      statusItem.followSettings();
    }),
  );
  void permissions.read();
}

export async function deactivate(): Promise<void> {
  await running?.close();
  running = undefined;
}
