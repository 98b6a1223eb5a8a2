/** Runs the hook of an agent's settings with a test payload, and checks that its event arrives. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

/** An event name that the import ignores: a test is not a tool call. */
const event = "NexusTest";
const timeoutMs = 5_000;
/** The worker of another window may import the event before it is looked for. */
const maxAttempts = 3;

/** `command`: as in the settings; `log`: where hooks write. Returns why the hook does not work, or `null` if it does. */
export function hookFault(command: string, log: string): string | null {
  if (command.startsWith("http"))
    return "The hook is an entry of an earlier version. To replace it: nexus agents connect";
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) if (arrives(command, log)) return null;
  return "The hook was run, but its event did not arrive. Check that awk is installed and state/events is writable.";
}

/** Synchronous, so that this process does not import the event first. */
function arrives(command: string, log: string): boolean {
  const session = randomUUID();
  const input = JSON.stringify({ hook_event_name: event, session_id: session, tool_name: "Bash" });
  spawnSync(command, { shell: true, input, timeout: timeoutMs });
  return existsSync(log) && readFileSync(log, "utf8").includes(session);
}
