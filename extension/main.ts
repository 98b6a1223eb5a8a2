/**
 * Entry point of the extension. While recording is off it only registers commands, reads the
 * consent record once and shows the status bar item; `app.ts` is loaded on demand.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { type ExtensionContext, type WebviewPanel, window, workspace } from "vscode";
import { ExtensionRecorder } from "./api/extension-recorder.ts";
import type { NexusTelemetry } from "./api/public-api.ts";
import type { App } from "./app.ts";
import { registerCommands } from "./commands.ts";
import { LazyTodayView } from "./lazy-today-view.ts";
import { PermissionSource } from "./permission.ts";
import { CliOnPath } from "./ui/cli-on-path.ts";
import { panelType } from "./ui/panel-type.ts";
import { StatusBar } from "./ui/status-bar.ts";

let app: App | undefined;
let loading: Promise<App> | undefined;

export function activate(context: ExtensionContext): NexusTelemetry {
  const permissions = new PermissionSource({ env: process.env, home: homedir(), join, isAbsolute });
  const statusBar = new StatusBar();
  // A separate bundle, which a window that stays off never loads.
  const load = async () => {
    // What the user chose is known before anything is shown.
    await decided;
    const loaded = await import("./app.ts");
    app = new loaded.App(context, permissions, statusBar);
    return app;
  };
  const decided = permissions.read().then(() => show());
  const loadApp = () => {
    loading ??= load();
    return loading;
  };
  const show = () =>
    statusBar.show(
      app?.telemetry ?? { permission: permissions.current, problems: [], sharing: null, today: null, alert: null },
    );
  const todayView = new LazyTodayView(
    async () => (await loadApp()).ui(),
    () => permissions.current,
  );
  context.subscriptions.push(
    permissions,
    todayView.register(),
    statusBar,
    { dispose: () => app?.dispose() },
    ...registerCommands(loadApp),
    window.registerWebviewPanelSerializer(panelType, {
      deserializeWebviewPanel: async (panel: WebviewPanel) => (await (await loadApp()).ui()).panel.adopt(panel),
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("nexus.telemetry")) return;
      app?.followSettings();
      statusBar.followSettings();
    }),
    permissions.onDidChange(({ mode }) => {
      show();
      todayView.refresh();
      if (mode !== "off") void loadApp().then(show);
    }),
  );
  new CliOnPath(context).refresh();
  return { version: 1, forExtension: (id) => new ExtensionRecorder(id, permissions, () => app?.telemetry.api) };
}

export async function deactivate(): Promise<void> {
  await (await loading)?.telemetry.close();
}
