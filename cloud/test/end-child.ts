import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

export type EndSignal = "SIGKILL" | "SIGTERM" | "SIGINT";

/** Ends a process if it still runs. Resolves with its exit code; `null` if a signal ended it. */
export async function endChild(child: ChildProcess | undefined, signal: EndSignal): Promise<number | null> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
  const ended = once(child, "exit");
  child.kill(signal);
  const [code] = await ended;
  return code;
}
