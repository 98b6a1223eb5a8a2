/** A command that a program runs itself: how it began, how it ended, how long it took. */
type Moment = "command_started" | "command_finished" | "command_failed";
type Note = (type: Moment, fields: { readonly command_path: string; readonly duration_ms?: number }) => unknown;

/** @returns what `work` returns. @throws what `work` throws, after that was noted as a failure. */
export async function timed<R>(note: Note, command: string, work: () => R | PromiseLike<R>): Promise<R> {
  const startedMs = performance.now();
  note("command_started", { command_path: command });
  const ended = (type: Moment) =>
    note(type, { command_path: command, duration_ms: Math.round(performance.now() - startedMs) });
  try {
    const result = await work();
    ended("command_finished");
    return result;
  } catch (error) {
    ended("command_failed");
    throw error;
  }
}
