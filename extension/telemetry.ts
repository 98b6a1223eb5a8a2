/**
 * Connects capture, queue and worker. The effective policy decides whether they run; the UI is
 * notified of changes. In mode off it captures nothing, keeps no events and releases the worker.
 */

import type { Disposable, Memento } from "vscode";
import type { Mode, Permission } from "../shared/consent/consent.ts";
import { type Message, message, textOf } from "../shared/protocol/message.ts";
import {
  EditorChangedNotification,
  type Problem,
  RecordEventsRequest,
  type Today,
  TodayRequest,
} from "../shared/protocol/record.ts";
import type { Request } from "../shared/protocol/rpc.ts";
import type { ExportProgress, SharingStatus } from "../shared/protocol/worker.ts";
import type { Category } from "../shared/schema/categories.ts";
import type { Raw } from "../shared/schema/raw.ts";
import { modeMessage } from "../shared/text/sentences.ts";
import { monthlyBudget } from "./budget.ts";
import { debugSource } from "./capture/debug.ts";
import { editorActivitySource } from "./capture/editor-activity.ts";
import type { EditorInfo } from "./capture/editor-info.ts";
import { ExternalSource } from "./capture/external.ts";
import { followPurge, isNewAlert, rememberAlert } from "./capture/feature-memory.ts";
import { FeatureUsage } from "./capture/feature-usage.ts";
import { Lifecycle } from "./capture/lifecycle.ts";
import { NexusCommands } from "./capture/nexus-commands.ts";
import { SourceSet } from "./capture/source-set.ts";
import { taskSource } from "./capture/tasks.ts";
import { terminalSource } from "./capture/terminal.ts";
import type { Log } from "./log.ts";
import type { PermissionSource } from "./permission.ts";
import { type Delivery, EventQueue } from "./recording/queue.ts";
import { Recorder } from "./recording/recorder.ts";
import { Session } from "./recording/session.ts";
import { WorkspaceTracker } from "./recording/workspace-id.ts";
import type { Timers } from "./timers.ts";
import { TodaySummary } from "./today-summary.ts";
import type { LaunchWorker } from "./worker/connection.ts";
import { Supervisor } from "./worker/supervisor.ts";

/** The extension's persistent memory in VS Code, and the editor's name and version. */
export interface EditorContext {
  readonly memory: Memento;
  readonly info: EditorInfo;
}

export interface UiListener {
  stateChanged(): void;
  dataChanged(): void;
  todayChanged(): void;
}

export class Telemetry implements Disposable {
  readonly nexusCommands: NexusCommands;
  readonly features: FeatureUsage;
  readonly api: ExternalSource;
  onExportProgress: ((progress: ExportProgress) => void) | undefined;
  readonly #permissions: PermissionSource;
  readonly #supervisor: Supervisor;
  readonly #queue: EventQueue;
  readonly #sources: SourceSet;
  readonly #recorder: Recorder;
  readonly #lifecycle: Lifecycle;
  readonly #session = new Session();
  readonly #workspace = new WorkspaceTracker();
  readonly #log: Log;
  readonly #memory: Memento;
  readonly #ui: UiListener;
  readonly #subscription: Disposable;
  readonly #today: TodaySummary;
  #mode: Mode = "off";
  #problem: Problem | null = null;
  #workerDown: Message | null = null;
  #sharing: SharingStatus | null = null;

  constructor(
    permissions: PermissionSource,
    launch: LaunchWorker,
    timers: Timers,
    log: Log,
    ui: UiListener,
    { memory, info }: EditorContext,
  ) {
    this.#permissions = permissions;
    this.#log = log;
    this.#memory = memory;
    this.#ui = ui;
    this.#supervisor = new Supervisor(launch, timers, () => permissions.editor, {
      dataChanged: () => this.#dataChanged(),
      problemChanged: (problem) => this.#problemChanged(problem),
      sharingChanged: (sharing) => this.#sharingChanged(sharing),
      exportProgress: (progress) => this.onExportProgress?.(progress),
      flushRule: (rule) => this.#queue.follow(rule),
      up: () => this.#workerUp(),
      down: (retryMs) => this.#workerDownFor(retryMs),
    });
    this.#queue = new EventQueue((batch) => this.#deliver(batch), timers);
    this.#today = new TodaySummary(
      async () => {
        const today = await this.ask(TodayRequest, { month: monthlyBudget() !== null });
        if (followPurge(memory, today.purgeMark)) this.features.reset();
        return today;
      },
      timers,
      () => ui.todayChanged(),
    );
    const isAllowed = (category: Category) => this.permission.collect.includes(category);
    this.#lifecycle = new Lifecycle(() => this.#recorder, memory, isAllowed, info);
    const recorder = new Recorder(
      this.#queue,
      this.#session,
      Date.now,
      this.#workspace,
      () => this.#lifecycle.sessionStartFields,
    );
    this.#recorder = recorder;
    this.features = new FeatureUsage(recorder, memory, isAllowed);
    this.nexusCommands = new NexusCommands(recorder, this.features);
    this.api = new ExternalSource(recorder);
    this.#sources = new SourceSet([
      this.api,
      this.features,
      terminalSource(recorder),
      taskSource(recorder),
      debugSource(recorder),
      editorActivitySource(recorder, timers),
      this.nexusCommands,
      // Last, so that the session ends after its other events.
      this.#lifecycle,
    ]);
    this.#subscription = permissions.onDidChange((permission) => this.#follow(permission));
  }

  /** Applies the current policy. Later changes are followed by a subscription. */
  start(): void {
    this.#follow(this.permission);
  }

  get permission(): Permission {
    return this.#permissions.current;
  }

  /** Where data would be; it may not exist. */
  get stateFolder(): string {
    return this.#permissions.stateFolder;
  }

  /** URI of the open workspace. */
  get workspace(): string | undefined {
    return this.#workspace.workspace;
  }

  /** What prevents recording. */
  get problems(): readonly Message[] {
    return [this.#problem?.message, this.#workerDown].filter((one) => one !== undefined && one !== null);
  }

  /** The last sharing status reported by a worker; `null` unless the mode is `share`. */
  get sharing(): SharingStatus | null {
    return this.permission.mode === "share" ? this.#sharing : null;
  }

  /** `null` in mode off, and until the worker has answered. */
  get today(): Today | null {
    return this.permission.mode === "off" ? null : this.#today.current;
  }

  /** A command that became slower, which the user has not seen yet. */
  get alert(): Today["slower"] {
    const slower = this.today?.slower ?? null;
    return slower !== null && isNewAlert(this.#memory, slower.id, Date.now()) ? slower : null;
  }

  /** The user has seen what the alert is about. */
  alertSeen(): void {
    const { alert } = this;
    if (alert === null) return;
    rememberAlert(this.#memory, alert.id);
    this.#ui.todayChanged();
  }

  /** Sends a request of the user, in any mode. */
  command<P, R>(request: Request<P, R>, params: P): Promise<R> {
    return this.#supervisor.command(request, params);
  }

  /** Sends an automatic request: rejects in mode off without a worker, and during a restart. */
  ask<P, R>(request: Request<P, R>, params: P): Promise<R> {
    return this.#supervisor.request(request, params);
  }

  /** Applies the worker's policy, from its status. */
  applyWorkerPermission(permission: Permission): void {
    this.#permissions.learn(permission);
  }

  followSettings(): void {
    this.#sources.followSettings();
    this.#supervisor.notify(EditorChangedNotification, this.#permissions.editor);
    // A budget needs the cost of the month.
    if (this.permission.mode !== "off") this.#today.dataChanged();
  }

  /** Delivers the queued events, then stops the worker. Called when the window closes. */
  async close(): Promise<void> {
    const closing = this.#lifecycle.close();
    this.#sources.setEnabled(false);
    await this.#queue.flush();
    await Promise.all([this.#supervisor.release(), closing]);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#workspace.dispose();
    this.#sources.setEnabled(false);
  }

  #follow(permission: Permission): void {
    const isOn = permission.mode !== "off";
    // Before the sources stop: the events they record then must not complete a batch.
    if (!isOn) this.#queue.clear();
    this.#sources.setEnabled(isOn);
    if (isOn) this.#lifecycle.recordPending();
    if (isOn) this.#supervisor.keepRunning();
    else {
      this.#queue.clear();
      this.#session.end();
      this.#today.clear();
      this.#problem = null;
      this.#workerDown = null;
      void this.#supervisor.release();
    }
    this.#supervisor.notify(EditorChangedNotification, this.#permissions.editor);
    // A window that was never on does not create the output channel.
    if (permission.mode !== this.#mode) this.#log.info(textOf(modeMessage(permission)));
    this.#mode = permission.mode;
    this.#ui.stateChanged();
  }

  async #deliver(batch: readonly Raw[]): Promise<Delivery> {
    try {
      const outcome = await this.#supervisor.request(RecordEventsRequest, { events: batch });
      if (outcome.outcome === "stored") return "stored";
      if (outcome.outcome === "failed") return "later";
      this.#permissions.refused(outcome.permission);
      return "forget";
    } catch {
      // The worker is down or stopping. The supervisor reports it, and the batch is sent again.
      return "later";
    }
  }

  #dataChanged(): void {
    this.#ui.dataChanged();
    this.#today.dataChanged();
  }

  #problemChanged(problem: Problem | null): void {
    // In mode off nothing is recorded, and the dashboard shows the errors of its own requests.
    if (this.#mode === "off") return;
    this.#problem = problem;
    this.#lifecycle.problemChanged(problem?.kind ?? null);
    if (problem === null) this.#log.info("Recording resumed.");
    else this.#log.warn(textOf(problem.message));
    this.#ui.stateChanged();
  }

  #sharingChanged(sharing: SharingStatus): void {
    this.#sharing = sharing;
    this.#ui.stateChanged();
  }

  #workerUp(): void {
    if (this.#workerDown !== null) {
      this.#workerDown = null;
      this.#log.info("Worker restarted.");
      this.#ui.stateChanged();
    }
    void this.#queue.flush();
    this.#today.dataChanged();
  }

  #workerDownFor(retryMs: number | null): void {
    this.#problem = null;
    if (retryMs === null) return;
    this.#lifecycle.workerCrashed();
    this.#workerDown = message("The worker stopped unexpectedly. Restarting in {seconds} s. Events are queued.", {
      seconds: retryMs / 1000,
    });
    this.#log.warn(textOf(this.#workerDown));
    this.#ui.stateChanged();
  }
}
