/**
 * Decides when a worker lives. In a mode other than `off` it is started on the first need, kept, and after an unasked
 * end made anew: after 1, 5, 30, then every 300 s, cancelled by `release`. In mode `off` it lives for one command.
 */

import type { EditorState, Problem } from "../../shared/protocol/record.ts";
import type { Notification, Request } from "../../shared/protocol/rpc.ts";
import type { ExportProgress, SharingStatus } from "../../shared/protocol/worker.ts";
import { Backoff, type Timers } from "../timers.ts";
import type { LaunchWorker, WorkerConnection, WorkerEvents } from "./connection.ts";

/** The worker is down, and the next attempt is not due yet; or none may live, because the mode is off. */
export class WorkerDownError extends Error {
  override readonly name = "WorkerDownError";
}

export interface SupervisorEvents extends Omit<WorkerEvents, "ended"> {
  /** A worker came up. */
  up(): void;
  /** A worker ended or did not come up; the next attempt follows in `retryMs` (`null`: with the next need). */
  down(retryMs: number | null): void;
}

export class Supervisor {
  readonly #launch: LaunchWorker;
  readonly #timers: Timers;
  readonly #editor: () => EditorState;
  readonly #events: SupervisorEvents;
  readonly #backoff = new Backoff();
  #link: Promise<WorkerConnection> | undefined;
  #isKept = false;
  #borrowers = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(launch: LaunchWorker, timers: Timers, editor: () => EditorState, events: SupervisorEvents) {
    this.#launch = launch;
    this.#timers = timers;
    this.#editor = editor;
    this.#events = events;
  }

  /** From now on a worker that was started stays, and is made anew when it ends. Starts none by itself. */
  keepRunning(): void {
    this.#isKept = true;
  }

  /** Ends the worker as soon as no command needs it. */
  async release(): Promise<void> {
    this.#isKept = false;
    this.#stopWaiting();
    this.#backoff.reset();
    await this.#stopIfIdle();
  }

  /** For capture and pages: starts no worker in mode off, and waits while one is failing. @throws WorkerDownError */
  async request<P, R>(message: Request<P, R>, params: P): Promise<R> {
    if (!this.#isKept || this.#cancelRetry !== undefined) throw new WorkerDownError();
    return this.#ask(message, params);
  }

  /** For a command the user gave: tries at once, also in mode `off`, where the worker ends afterwards. */
  async command<P, R>(message: Request<P, R>, params: P): Promise<R> {
    this.#stopWaiting();
    this.#borrowers += 1;
    try {
      return await this.#ask(message, params);
    } finally {
      this.#borrowers -= 1;
      if (!this.#isKept) await this.#stopIfIdle();
    }
  }

  /** Tells a running worker; a worker that is started later learns the same at its start. */
  notify<P>(message: Notification<P>, params: P): void {
    this.#link?.then(
      (link) => link.notify(message, params),
      () => undefined,
    );
  }

  async #ask<P, R>(message: Request<P, R>, params: P): Promise<R> {
    const link = await this.#running();
    const answer = await link.request(message, params);
    this.#backoff.reset();
    return answer;
  }

  #running(): Promise<WorkerConnection> {
    if (this.#link !== undefined) return this.#link;
    const started = this.#launch(this.#editor(), {
      ended: () => this.#onExit(started),
      dataChanged: () => this.#events.dataChanged(),
      problemChanged: (problem: Problem | null) => this.#events.problemChanged(problem),
      sharingChanged: (sharing: SharingStatus) => this.#events.sharingChanged(sharing),
      exportProgress: (progress: ExportProgress) => this.#events.exportProgress(progress),
    });
    this.#link = started;
    started.then(
      () => this.#events.up(),
      () => this.#onExit(started),
    );
    return started;
  }

  #onExit(link: Promise<WorkerConnection>): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    if (!this.#isKept) {
      this.#events.down(null);
      return;
    }
    const retryMs = this.#backoff.nextMs();
    this.#stopWaiting();
    this.#cancelRetry = this.#timers.after(retryMs, () => {
      this.#cancelRetry = undefined;
      // Its failure comes back here by `#lost`.
      this.#running().catch(() => undefined);
    });
    this.#events.down(retryMs);
  }

  #stopWaiting(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  async #stopIfIdle(): Promise<void> {
    const link = this.#link;
    if (link === undefined || this.#borrowers > 0) return;
    this.#link = undefined;
    try {
      await (await link).stop();
    } catch {
      // It is gone already, which is what was asked for.
    }
  }
}
