/** A running worker, as the rest of the extension sees it. `client.ts` makes one; it is loaded only when needed. */

import type { EditorState, Problem } from "../../shared/protocol/record.ts";
import type { Notification, Request } from "../../shared/protocol/rpc.ts";
import type { ExportProgress, SharingStatus } from "../../shared/protocol/worker.ts";

export interface WorkerConnection {
  /** @throws WorkerRefusal where the worker answered with an error; another error where it is gone. */
  request<P, R>(message: Request<P, R>, params: P): Promise<R>;
  notify<P>(message: Notification<P>, params: P): void;
  /** Ends the process in good order. */
  stop(): Promise<void>;
}

/** What a worker tells on its own. */
export interface WorkerEvents {
  /** The process ended without having been asked to. */
  ended(): void;
  dataChanged(): void;
  problemChanged(problem: Problem | null): void;
  exportProgress(progress: ExportProgress): void;
  sharingChanged(sharing: SharingStatus): void;
}

export type LaunchWorker = (editor: EditorState, events: WorkerEvents) => Promise<WorkerConnection>;

/** The worker answered that it cannot; the message is for the user. */
export class WorkerRequestError extends Error {
  override readonly name = "WorkerRefusal";
}

/** By its name: the client is a bundle of its own, with a class of its own. */
export const isWorkerRefusal = (error: unknown): error is WorkerRequestError =>
  error instanceof Error && error.name === "WorkerRefusal";
