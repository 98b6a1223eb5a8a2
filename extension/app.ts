/**
 * Composition root of the extension. Created when recording starts or a command runs; a window that
 * stays off never loads it.
 */
import { join } from "node:path";
import { Disposable, type ExtensionContext, ExtensionMode } from "vscode";
import { readEditorInfo } from "./capture/editor-info.ts";
import { FirstSteps } from "./first-steps.ts";
import { HistoryFollower } from "./history-follower.ts";
import { Log } from "./log.ts";
import { NexusCommand } from "./nexus-command.ts";
import type { PermissionSource } from "./permission.ts";
import { Telemetry } from "./telemetry.ts";
import { systemTimers } from "./timers.ts";
import type { StatusBar } from "./ui/status-bar.ts";
import type { Ui } from "./ui/ui.ts";
import type { LaunchWorker } from "./worker/connection.ts";

export class App implements Disposable {
  readonly log = new Log();
  readonly telemetry: Telemetry;
  readonly #context: ExtensionContext;
  readonly #permissions: PermissionSource;
  readonly #follower: HistoryFollower;
  readonly #steps = new FirstSteps();
  #ui: Ui | undefined;

  constructor(context: ExtensionContext, permissions: PermissionSource, statusItem: StatusBar) {
    this.#context = context;
    this.#permissions = permissions;
    // The client library is large: load it with the first worker.
    const launch: LaunchWorker = async (editor, events) => {
      const { launchWorker } = await import("./worker/client.ts");
      const inspect = context.extensionMode === ExtensionMode.Development;
      return launchWorker({ distFolder: join(context.extensionPath, "dist"), inspect }, editor, events);
    };
    const listener = {
      stateChanged: () => {
        if (permissions.current.consent !== "never_asked") this.#steps.done("chosen");
        statusItem.show(this.telemetry);
        this.#ui?.panel.stateChanged();
        this.#ui?.todayView.refresh();
      },
      dataChanged: () => this.#ui?.panel.dataChanged(),
      todayChanged: () => {
        if ((this.telemetry.today?.commands ?? 0) > 0) this.#steps.done("recorded");
        statusItem.show(this.telemetry);
        this.#ui?.todayView.refresh();
      },
    };
    const editor = { memory: context.globalState, info: readEditorInfo(context) };
    this.telemetry = new Telemetry(permissions, launch, systemTimers, this.log, listener, editor);
    this.telemetry.start();
    this.#follower = new HistoryFollower(
      context.globalState,
      new NexusCommand(context.extensionPath),
      systemTimers,
      () => this.telemetry.permission.mode !== "off",
      this.log,
    );
    this.#follower.start();
  }

  /** Loads the UI on first use (ADR 0008). */
  async ui(): Promise<Ui> {
    const loaded = await import("./ui/ui.ts");
    this.#ui ??= new loaded.Ui(this.#context, this.telemetry, this.#permissions, this.log, this.#follower, this.#steps);
    return this.#ui;
  }

  followSettings(): void {
    this.telemetry.followSettings();
    this.#ui?.panel.stateChanged();
  }

  dispose(): void {
    this.#ui?.dispose();
    Disposable.from(this.#follower, this.telemetry, this.log).dispose();
  }
}
