/** The parts below the command: the same worker as in the editor, without an editor. */
import { systemClock } from "../server/clock.ts";
import { pathsFrom } from "../server/paths.ts";
import { Worker } from "../server/worker.ts";
import type { Progress } from "../shared/protocol.ts";
import { InterruptedError, NotNowError, UsageError } from "./exit.ts";

/** There is no editor whose switches could say no. */
export const noEditor = { telemetry: true, enabled: true, proxy: null };

export const paths = pathsFrom(process.env);

interface WorkerOptions {
  readonly exportProgress?: (progress: Progress) => void;
  /** Ctrl-C is for somebody else: the work goes on. */
  readonly goesOn?: boolean;
}

/** Runs `work` with a worker and closes it; Ctrl-C stops it where nothing is half done. Its errors become sentences for the user. */
export async function withWorker<T>(
  work: (worker: Worker) => T | Promise<T>,
  { exportProgress = () => undefined, goesOn = false }: WorkerOptions = {},
): Promise<T> {
  const listener = {
    dataChanged: () => undefined,
    problemChanged: () => undefined,
    exportProgress,
    sharingChanged: () => undefined,
  };
  const worker = new Worker(paths, process.env, noEditor, systemClock, listener);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    worker.close();
  };
  if (!goesOn) process.once("SIGINT", interrupt);
  try {
    const result = await work(worker);
    if (interrupted) throw new InterruptedError();
    return result;
  } catch (error) {
    if (interrupted) throw new InterruptedError();
    if (error instanceof UsageError || error instanceof NotNowError) throw error;
    throw new Error(worker.explain(error), { cause: error });
  } finally {
    process.off("SIGINT", interrupt);
    worker.close();
  }
}
