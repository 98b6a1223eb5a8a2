import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Ends a process, where it is there and has not ended. Resolves when it has. */
export async function endChild(child: ChildProcess | undefined, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
