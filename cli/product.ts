/** The parts below the command: the same worker as in the editor, without an editor. */
import { systemClock } from "../server/clock.ts";
import { pathsFrom } from "../server/paths.ts";
import { Worker } from "../server/worker.ts";
import type { Progress } from "../shared/protocol.ts";
import { UsageError } from "./exit.ts";

/** There is no editor whose switches could say no. */
const noEditor = { telemetry: true, enabled: true, proxy: null };

export const paths = pathsFrom(process.env);

/** Runs `work` with a worker and closes it. Its errors become sentences for the user. */
export async function withWorker<T>(
  work: (worker: Worker) => T | Promise<T>,
  exportProgress: (progress: Progress) => void = () => undefined,
): Promise<T> {
  const listener = {
    dataChanged: () => undefined,
    problemChanged: () => undefined,
    exportProgress,
    sharingChanged: () => undefined,
  };
  const worker = new Worker(paths, process.env, noEditor, systemClock, listener);
  try {
    return await work(worker);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new Error(worker.explain(error), { cause: error });
  } finally {
    worker.close();
  }
}
