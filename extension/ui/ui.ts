/** What a user looks at and commands: the page and the actions. A bundle of its own, loaded with the first of either. */
import { homedir } from "node:os";
import type { Disposable, ExtensionContext } from "vscode";
import type { Log } from "../log.ts";
import type { PermissionSource } from "../permission.ts";
import type { Telemetry } from "../telemetry.ts";
import { systemTimers } from "../timers.ts";
import { Actions } from "./actions.ts";
import { TerminalCommand } from "./cli-on-path.ts";
import { PagePanel } from "./dashboard-panel.ts";

export class Faces implements Disposable {
  readonly actions: Actions;
  readonly panel: PagePanel;
  readonly terminalCommand: TerminalCommand;

  constructor(context: ExtensionContext, telemetry: Telemetry, permissions: PermissionSource, log: Log) {
    this.actions = new Actions(telemetry, permissions, homedir());
    this.terminalCommand = new TerminalCommand(context);
    this.panel = new PagePanel(context, telemetry, this.actions, systemTimers, log);
  }

  dispose(): void {
    this.panel.dispose();
  }
}
