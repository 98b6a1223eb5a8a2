/**
 * The extension's entry. In a window that is off it costs next to nothing: commands that make the product when they are
 * given, the one reading of the consent record, and the status item.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { type ExtensionContext, type WebviewPanel, window, workspace } from "vscode";
import { ExtensionRecorder } from "./api/extension-recorder.ts";
import type { NexusTelemetry } from "./api/public-api.ts";
import type { App } from "./app.ts";
import { registerCommands } from "./commands.ts";
import { PermissionSource } from "./permission.ts";
import { CliOnPath } from "./ui/cli-on-path.ts";
import { panelType } from "./ui/panel-type.ts";
import { StatusBar } from "./ui/status-bar.ts";

let product: App | undefined;
let loading: Promise<App> | undefined;

export function activate(context: ExtensionContext): NexusTelemetry {
  const permissions = new PermissionSource({ env: process.env, home: homedir(), join, isAbsolute });
  const statusItem = new StatusBar();
  // A bundle of its own, which a window that stays off never loads.
  const load = async () => {
    const loaded = await import("./app.ts");
    product = new loaded.App(context, permissions, statusItem);
    return product;
  };
  const needed = () => {
    loading ??= load();
    return loading;
  };
  const show = () =>
    statusItem.show(
      product?.telemetry ?? { permission: permissions.current, problems: [], sharing: null, today: null },
    );
  context.subscriptions.push(
    permissions,
    statusItem,
    { dispose: () => product?.dispose() },
    ...registerCommands(needed),
    window.registerWebviewPanelSerializer(panelType, {
      deserializeWebviewPanel: async (kept: WebviewPanel) => (await (await needed()).ui()).panel.adopt(kept),
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("nexus.telemetry")) return;
      product?.telemetry.followSettings();
      statusItem.followSettings();
    }),
    permissions.onDidChange(({ mode }) => {
      show();
      if (mode !== "off") void needed().then(show);
    }),
  );
  new CliOnPath(context).refresh();
  void permissions.read().then(show);
  return { version: 1, forExtension: (id) => new ExtensionRecorder(id, permissions, () => product?.telemetry.api) };
}

export async function deactivate(): Promise<void> {
  await (await loading)?.telemetry.close();
}
