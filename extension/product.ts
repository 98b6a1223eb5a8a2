/** All parts behind the faces. Made when recording begins or a command is given; a window that stays off never has it. */
import { homedir } from "node:os";
import { join } from "node:path";
import { Disposable, type ExtensionContext } from "vscode";
import { Actions } from "./actions.ts";
import { Log } from "./log.ts";
import { PagePanel } from "./page/panel.ts";
import type { PermissionSource } from "./permission.ts";
import type { StatusItem } from "./status-item.ts";
import { Telemetry } from "./telemetry.ts";
import { systemTimers } from "./timers.ts";
import type { Launch } from "./worker/link.ts";

export class Product implements Disposable {
  readonly log = new Log();
  readonly telemetry: Telemetry;
  readonly actions: Actions;
  readonly panel: PagePanel;

  constructor(context: ExtensionContext, permissions: PermissionSource, statusItem: StatusItem) {
    // The client library is large; it is loaded with the first worker.
    const launch: Launch = async (editor, events) => {
      const { launchWorker } = await import("./worker/client.ts");
      return launchWorker(join(context.extensionPath, "dist"), editor, events);
    };
    this.telemetry = new Telemetry(permissions, launch, systemTimers, this.log, {
      stateChanged: () => {
        statusItem.show(this.telemetry);
        this.panel.stateChanged();
      },
      dataChanged: () => this.panel.dataChanged(),
    });
    this.actions = new Actions(this.telemetry, permissions, homedir());
    this.panel = new PagePanel(context, this.telemetry, this.actions, systemTimers, this.log);
    this.telemetry.begin();
  }

  dispose(): void {
    Disposable.from(this.panel, this.telemetry, this.log).dispose();
  }
}
