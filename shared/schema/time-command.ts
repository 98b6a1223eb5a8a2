/** Records a command that a program runs itself: start, outcome and duration. */
type CommandEventType = "command_started" | "command_finished" | "command_failed";
type RecordEvent = (
  type: CommandEventType,
  fields: { readonly command_path: string; readonly duration_ms?: number },
) => unknown;

/** Runs `work` and returns its result. @throws what `work` throws, after recording the failure. */
export async function timeCommand<R>(
  recordEvent: RecordEvent,
  command: string,
  work: () => R | PromiseLike<R>,
): Promise<R> {
  const startedMs = performance.now();
  recordEvent("command_started", { command_path: command });
  const recordEnd = (type: CommandEventType) =>
    recordEvent(type, { command_path: command, duration_ms: Math.round(performance.now() - startedMs) });
  try {
    const result = await work();
    recordEnd("command_finished");
    return result;
  } catch (error) {
    recordEnd("command_failed");
    throw error;
  }
}
