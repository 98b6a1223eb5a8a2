/** A command that a program runs itself: how it began, how it ended, how long it took. */
type CommandEventType = "command_started" | "command_finished" | "command_failed";
type RecordEvent = (
  type: CommandEventType,
  fields: { readonly command_path: string; readonly duration_ms?: number },
) => unknown;

/** @returns what `work` returns. @throws what `work` throws, after that was noted as a failure. */
export async function timeCommand<R>(
  recordEvent: RecordEvent,
  command: string,
  work: () => R | PromiseLike<R>,
): Promise<R> {
  const startedMs = performance.now();
  recordEvent("command_started", { command_path: command });
  const ended = (type: CommandEventType) =>
    recordEvent(type, { command_path: command, duration_ms: Math.round(performance.now() - startedMs) });
  try {
    const result = await work();
    ended("command_finished");
    return result;
  } catch (error) {
    ended("command_failed");
    throw error;
  }
}
