/** Dashboard, actions and CLI command. A separate bundle, loaded on first use (ADR 0008). */
import { homedir } from "node:os";
import type { Disposable, ExtensionContext } from "vscode";
import type { FirstSteps } from "../first-steps.ts";
import type { HistoryFollower } from "../history-follower.ts";
import type { Log } from "../log.ts";
import { NexusCommand } from "../nexus-command.ts";
import type { PermissionSource } from "../permission.ts";
import type { Telemetry } from "../telemetry.ts";
import { systemTimers } from "../timers.ts";
import { Actions } from "./actions.ts";
import { CliOnPath } from "./cli-on-path.ts";
import { DashboardPanel } from "./dashboard-panel.ts";
import { HistoryImport } from "./history-import.ts";
import { SampleData } from "./sample-data.ts";
import { TodayView } from "./today-view.ts";

export class Ui implements Disposable {
  readonly actions: Actions;
  readonly panel: DashboardPanel;
  readonly cliOnPath: CliOnPath;
  readonly todayView: TodayView;
  readonly steps: FirstSteps;

  constructor(
    context: ExtensionContext,
    telemetry: Telemetry,
    permissions: PermissionSource,
    log: Log,
    follower: HistoryFollower,
    steps: FirstSteps,
  ) {
    this.actions = new Actions(
      telemetry,
      permissions,
      homedir(),
      context.globalState,
      new HistoryImport(new NexusCommand(context.extensionPath), follower, steps),
    );
    this.steps = steps;
    this.cliOnPath = new CliOnPath(context);
    this.todayView = new TodayView(telemetry);
    this.panel = new DashboardPanel(
      context,
      telemetry,
      this.actions,
      systemTimers,
      log,
      new SampleData(context.extensionPath),
      steps,
    );
  }

  dispose(): void {
    this.panel.dispose();
  }
}
