/** Interface of a running worker. `client.ts` implements it and is loaded only when needed. */

import type { EditorState, FlushRule, Problem } from "../../shared/protocol/record.ts";
import type { Notification, Request } from "../../shared/protocol/rpc.ts";
import type { ExportProgress, SharingStatus } from "../../shared/protocol/worker.ts";

export interface WorkerConnection {
  /** @throws WorkerRequestError if the worker responds with an error; others if it is gone. */
  request<P, R>(message: Request<P, R>, params: P): Promise<R>;
  notify<P>(message: Notification<P>, params: P): void;
  /** Stops the process cleanly. */
  stop(): Promise<void>;
}

/** Notifications of a worker, and its unexpected exit. */
export interface WorkerEvents {
  /** The process exited without `stop`. */
  ended(): void;
  dataChanged(): void;
  problemChanged(problem: Problem | null): void;
  exportProgress(progress: ExportProgress): void;
  sharingChanged(sharing: SharingStatus): void;
  /** The worker has started; when it wants to receive events. */
  flushRule(rule: FlushRule): void;
}

export type LaunchWorker = (editor: EditorState, events: WorkerEvents) => Promise<WorkerConnection>;

/** The worker responded with an error. Its message is for the user. */
export class WorkerRequestError extends Error {
  override readonly name = "WorkerRefusal";
}

/** Compares names: the client's bundle has its own copy of the class. */
export const isWorkerRequestError = (error: unknown): error is WorkerRequestError =>
  error instanceof Error && error.name === "WorkerRefusal";
