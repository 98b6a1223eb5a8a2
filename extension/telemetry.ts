/**
 * Holds the parts of the extension together: the permission decides whether there is capture, a queue with something
 * in it, and a worker; the faces are told.
 */
import type { Disposable, Memento } from "vscode";
import type { Mode, Permission } from "../shared/consent/consent.ts";
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
import { modeSentence } from "../shared/text/format.ts";
import { debugSource } from "./capture/debug.ts";
import { editorActivitySource } from "./capture/editor-activity.ts";
import type { EditorInfo } from "./capture/editor-info.ts";
import { ExternalSource } from "./capture/external.ts";
import { followPurge } from "./capture/feature-memory.ts";
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

/** What the editor keeps for the extension, and what it is. */
export interface EditorContext {
  readonly memory: Memento;
  readonly host: EditorInfo;
}

/** What the faces show changes: state, or data. */
export interface UiListener {
  stateChanged(): void;
  dataChanged(): void;
  todayChanged(): void;
}

export class Telemetry implements Disposable {
  readonly nexusCommands: NexusCommands;
  readonly features: FeatureUsage;
  readonly api: ExternalSource;
  /** Who shows how far an export is. */
  onExportProgress: ((progress: ExportProgress) => void) | undefined;
  readonly #permissions: PermissionSource;
  readonly #supervisor: Supervisor;
  readonly #queue: EventQueue;
  readonly #captures: SourceSet;
  readonly #recorder: Recorder;
  readonly #lifecycle: Lifecycle;
  readonly #session = new Session();
  readonly #position = new WorkspaceTracker();
  readonly #log: Log;
  readonly #ui: UiListener;
  readonly #subscription: Disposable;
  readonly #today: TodaySummary;
  #mode: Mode = "off";
  #problem: Problem | null = null;
  #workerDown: string | null = null;
  #sharing: SharingStatus | null = null;

  constructor(
    permissions: PermissionSource,
    launch: LaunchWorker,
    timers: Timers,
    log: Log,
    ui: UiListener,
    { memory, host }: EditorContext,
  ) {
    this.#permissions = permissions;
    this.#log = log;
    this.#ui = ui;
    this.#supervisor = new Supervisor(launch, timers, () => permissions.editor, {
      dataChanged: () => this.#dataChanged(),
      problemChanged: (problem) => this.#problemChanged(problem),
      sharingChanged: (sharing) => this.#sharingChanged(sharing),
      exportProgress: (progress) => this.onExportProgress?.(progress),
      up: () => this.#workerUp(),
      down: (retryMs) => this.#workerEnded(retryMs),
    });
    this.#queue = new EventQueue((batch) => this.#deliver(batch), timers);
    this.#today = new TodaySummary(
      async () => {
        const numbers = await this.ask(TodayRequest, {});
        if (followPurge(memory, numbers.purgeMark)) this.features.reset();
        return numbers;
      },
      timers,
      () => ui.todayChanged(),
    );
    const isAllowed = (category: Category) => this.permission.collect.includes(category);
    this.#lifecycle = new Lifecycle(() => this.#recorder, memory, isAllowed, host);
    const recorder = new Recorder(
      this.#queue,
      this.#session,
      Date.now,
      this.#position,
      () => this.#lifecycle.sessionStartFields,
    );
    this.#recorder = recorder;
    this.features = new FeatureUsage(recorder, memory, isAllowed);
    this.nexusCommands = new NexusCommands(recorder, this.features);
    this.api = new ExternalSource(recorder);
    this.#captures = new SourceSet([
      this.api,
      this.features,
      terminalSource(recorder),
      taskSource(recorder),
      debugSource(recorder),
      editorActivitySource(recorder, timers),
      this.nexusCommands,
      // Last, so that the session ends after everything else of it.
      this.#lifecycle,
    ]);
    this.#subscription = permissions.onDidChange((permission) => this.#follow(permission));
  }

  /** Follows the permission as it is; changes are followed from the beginning. */
  start(): void {
    this.#follow(this.permission);
  }

  get permission(): Permission {
    return this.#permissions.current;
  }

  /** What keeps the product from working, as sentences. */
  get problems(): readonly string[] {
    return [this.#problem?.text, this.#workerDown].filter((text) => typeof text === "string");
  }

  /** How sharing stood when a worker last told; `null` where nothing is shared. */
  get sharing(): SharingStatus | null {
    return this.permission.mode === "share" ? this.#sharing : null;
  }

  /** `null` where nothing is recorded, or nobody has told yet. */
  get today(): Today | null {
    return this.permission.mode === "off" ? null : this.#today.numbers;
  }

  /** Asks the worker on the user's behalf, in any mode. */
  command<P, R>(request: Request<P, R>, params: P): Promise<R> {
    return this.#supervisor.command(request, params);
  }

  /** Asks as a face does that refreshes itself: it starts no worker in mode off, and waits its turn while one is failing. */
  ask<P, R>(request: Request<P, R>, params: P): Promise<R> {
    return this.#supervisor.request(request, params);
  }

  /** The worker's own ruling, from a status. */
  applyWorkerPermission(permission: Permission): void {
    this.#permissions.learn(permission);
  }

  followSettings(): void {
    this.#captures.followSettings();
    this.#supervisor.notify(EditorChangedNotification, this.#permissions.editor);
  }

  /** Sends what is waiting, then ends the worker. For the end of the window. */
  async close(): Promise<void> {
    const closing = this.#lifecycle.close();
    this.#captures.setEnabled(false);
    await this.#queue.flush();
    await Promise.all([this.#supervisor.release(), closing]);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#position.dispose();
    this.#captures.setEnabled(false);
  }

  #follow(permission: Permission): void {
    const on = permission.mode !== "off";
    // What a source says at its end must not complete a batch.
    if (!on) this.#queue.clear();
    this.#captures.setEnabled(on);
    if (on) this.#lifecycle.recordPending();
    if (on) this.#supervisor.keepRunning();
    else {
      this.#queue.clear();
      this.#session.end();
      this.#today.forget();
      this.#problem = null;
      this.#workerDown = null;
      void this.#supervisor.release();
    }
    this.#supervisor.notify(EditorChangedNotification, this.#permissions.editor);
    // In a window that is off from the beginning there is not even a log.
    if (permission.mode !== this.#mode) this.#log.info(modeSentence(permission));
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
      // The worker is down or ending; the supervisor tells of it, and the batch stays.
      return "later";
    }
  }

  #dataChanged(): void {
    this.#ui.dataChanged();
    this.#today.dataChanged();
  }

  #problemChanged(problem: Problem | null): void {
    // In mode off nothing is kept from working; the page tells what it asked for itself.
    if (this.#mode === "off") return;
    this.#problem = problem;
    this.#lifecycle.problemChanged(problem?.kind ?? null);
    if (problem === null) this.#log.info("Recording works again.");
    else this.#log.warn(problem.text);
    this.#ui.stateChanged();
  }

  #sharingChanged(sharing: SharingStatus): void {
    this.#sharing = sharing;
    this.#ui.stateChanged();
  }

  #workerUp(): void {
    if (this.#workerDown !== null) {
      this.#workerDown = null;
      this.#log.info("The recorder runs again.");
      this.#ui.stateChanged();
    }
    void this.#queue.flush();
    this.#today.dataChanged();
  }

  #workerEnded(retryMs: number | null): void {
    this.#problem = null;
    if (retryMs === null) return;
    this.#lifecycle.workerCrashed();
    this.#workerDown = `The recorder ended unexpectedly. It is started again in ${retryMs / 1000} s; events wait meanwhile.`;
    this.#log.warn(this.#workerDown);
    this.#ui.stateChanged();
  }
}
