/** All parts behind the faces. Made when recording begins or a command is given; a window that stays off never has it. */
import { join } from "node:path";
import { Disposable, type ExtensionContext } from "vscode";
import { hostOf } from "./capture/editor-info.ts";
import { Log } from "./log.ts";
import type { PermissionSource } from "./permission.ts";
import { Telemetry } from "./telemetry.ts";
import { systemTimers } from "./timers.ts";
import type { StatusItem } from "./ui/status-bar.ts";
import type { Faces } from "./ui/ui.ts";
import type { Launch } from "./worker/connection.ts";

export class Product implements Disposable {
  readonly log = new Log();
  readonly telemetry: Telemetry;
  readonly #context: ExtensionContext;
  readonly #permissions: PermissionSource;
  #faces: Faces | undefined;

  constructor(context: ExtensionContext, permissions: PermissionSource, statusItem: StatusItem) {
    this.#context = context;
    this.#permissions = permissions;
    // The client library is large; it is loaded with the first worker.
    const launch: Launch = async (editor, events) => {
      const { launchWorker } = await import("./worker/client.ts");
      return launchWorker(join(context.extensionPath, "dist"), editor, events);
    };
    const faces = {
      stateChanged: () => {
        statusItem.show(this.telemetry);
        this.#faces?.panel.stateChanged();
      },
      dataChanged: () => this.#faces?.panel.dataChanged(),
      todayChanged: () => statusItem.show(this.telemetry),
    };
    const around = { memory: context.globalState, host: hostOf(context) };
    this.telemetry = new Telemetry(permissions, launch, systemTimers, this.log, faces, around);
    this.telemetry.begin();
  }

  /** Loaded when the user first looks or commands. */
  async faces(): Promise<Faces> {
    const loaded = await import("./ui/ui.ts");
    this.#faces ??= new loaded.Faces(this.#context, this.telemetry, this.#permissions, this.log);
    return this.#faces;
  }

  dispose(): void {
    this.#faces?.dispose();
    Disposable.from(this.telemetry, this.log).dispose();
  }
}
