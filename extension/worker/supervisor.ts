/**
 * Starts, restarts and stops the worker. In modes `local` and `share` it starts on first use and
 * keeps running; after a crash it restarts after 1, 5, 30, then every 300 s until `release`. In
 * mode `off` it runs for one command.
 */

import type { EditorState, FlushRule, Problem } from "../../shared/protocol/record.ts";
import type { Notification, Request } from "../../shared/protocol/rpc.ts";
import type { ExportProgress, SharingStatus } from "../../shared/protocol/worker.ts";
import { Backoff, type Timers } from "../timers.ts";
import type { LaunchWorker, WorkerConnection, WorkerEvents } from "./connection.ts";

/** The worker is down and the next attempt is not due, or the mode is off. */
export class WorkerDownError extends Error {
  override readonly name = "WorkerDownError";
}

export interface SupervisorEvents extends Omit<WorkerEvents, "ended"> {
  /** A worker started. */
  up(): void;
  /** A worker exited or did not start; next attempt in `retryMs` (`null`: on next use). */
  down(retryMs: number | null): void;
}

export class Supervisor {
  readonly #launch: LaunchWorker;
  readonly #timers: Timers;
  readonly #editor: () => EditorState;
  readonly #events: SupervisorEvents;
  readonly #backoff = new Backoff();
  #connection: Promise<WorkerConnection> | undefined;
  #keepsRunning = false;
  #commands = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(launch: LaunchWorker, timers: Timers, editor: () => EditorState, events: SupervisorEvents) {
    this.#launch = launch;
    this.#timers = timers;
    this.#editor = editor;
    this.#events = events;
  }

  /** Keeps a started worker running and restarts it after a crash. Does not start one. */
  keepRunning(): void {
    this.#keepsRunning = true;
  }

  /** Stops the worker as soon as no command needs it. */
  async release(): Promise<void> {
    this.#keepsRunning = false;
    this.#stopBackoff();
    this.#backoff.reset();
    await this.#stopIfIdle();
  }

  /** For automatic requests. @throws WorkerDownError in mode off and during backoff. */
  async request<P, R>(message: Request<P, R>, params: P): Promise<R> {
    if (!this.#keepsRunning || this.#cancelRetry !== undefined) throw new WorkerDownError();
    return this.#send(message, params);
  }

  /** For user commands: ignores backoff and works in mode `off`, with a worker for one command. */
  async command<P, R>(message: Request<P, R>, params: P): Promise<R> {
    this.#stopBackoff();
    this.#commands += 1;
    try {
      return await this.#send(message, params);
    } finally {
      this.#commands -= 1;
      if (!this.#keepsRunning) await this.#stopIfIdle();
    }
  }

  /** Notifies a running worker. One that starts later receives the same state at its start. */
  notify<P>(message: Notification<P>, params: P): void {
    this.#connection?.then(
      (connection) => connection.notify(message, params),
      () => undefined,
    );
  }

  async #send<P, R>(message: Request<P, R>, params: P): Promise<R> {
    const connection = await this.#connect();
    const result = await connection.request(message, params);
    this.#backoff.reset();
    return result;
  }

  #connect(): Promise<WorkerConnection> {
    if (this.#connection !== undefined) return this.#connection;
    const started = this.#launch(this.#editor(), {
      ended: () => this.#onExit(started),
      dataChanged: () => this.#events.dataChanged(),
      problemChanged: (problem: Problem | null) => this.#events.problemChanged(problem),
      sharingChanged: (sharing: SharingStatus) => this.#events.sharingChanged(sharing),
      exportProgress: (progress: ExportProgress) => this.#events.exportProgress(progress),
      flushRule: (rule: FlushRule) => this.#events.flushRule(rule),
    });
    this.#connection = started;
    started.then(
      () => this.#events.up(),
      () => this.#onExit(started),
    );
    return started;
  }

  #onExit(connection: Promise<WorkerConnection>): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (!this.#keepsRunning) {
      this.#events.down(null);
      return;
    }
    const retryMs = this.#backoff.nextMs();
    this.#stopBackoff();
    this.#cancelRetry = this.#timers.after(retryMs, () => {
      this.#cancelRetry = undefined;
      // A failed start calls `#onExit` again.
      this.#connect().catch(() => undefined);
    });
    this.#events.down(retryMs);
  }

  #stopBackoff(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  async #stopIfIdle(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || this.#commands > 0) return;
    this.#connection = undefined;
    try {
      await (await connection).stop();
    } catch {
      // Already gone.
    }
  }
}
