/** `nexus agents test`: runs the configured hook with a test payload, and checks its output. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { agentNamed, withConnections } from "../../agents.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { paths, withReader } from "../../runtime.ts";

/** An event name that the import ignores: a test is not a tool call. */
const event = "NexusTest";

export async function run(name: string, { json }: JsonOption): Promise<void> {
  const agent = agentNamed(name);
  const commands = await withConnections((connections) => connections.configured(agent));
  const mode = await withReader((reader) => reader.status().permission?.mode ?? "off");
  const [command] = commands;
  const message =
    command === undefined
      ? `${agent} is not connected. Run: nexus agents connect ${agent}`
      : mode === "off"
        ? "Recording is off, so the hook writes nothing. Run: nexus telemetry enable"
        : findFault(command);
  if (json === true) printJson({ version: 2, agent, ok: message === null, message });
  else print(message ?? `The hook of ${agent} works.`);
  if (message !== null) process.exitCode = exitCodes.failed;
}

/** Returns why a hook does not work, or `null` if it does. */
function findFault(command: string): string | null {
  if (command.startsWith("http"))
    return "The hook is an entry of an earlier version. To replace it: nexus agents connect";
  return arrives(command)
    ? null
    : "The hook ran, but its event did not arrive. Check that awk is installed and state/events is writable.";
}

function payloadOf(session_id: string): string {
  return JSON.stringify({ hook_event_name: event, session_id, tool_name: "Bash" });
}

function arrives(command: string): boolean {
  const session = randomUUID();
  spawnSync(command, { shell: true, input: payloadOf(session), timeout: 10_000 });
  const log = paths.agentHookLog;
  return existsSync(log) && readFileSync(log, "utf8").includes(session);
}
