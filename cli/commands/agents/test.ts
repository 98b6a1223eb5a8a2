/** `nexus agents test`: runs the hook as the agent's settings have it, with a payload of ours, and looks whether a line arrives. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { agentNamed, withConnections } from "../../agents.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { paths, withReader } from "../../runtime.ts";

/** What the product takes nothing from: a test is no use of a tool. */
const event = "NexusTest";

export async function run(given: string, { json }: JsonOption): Promise<void> {
  const agent = agentNamed(given);
  const commands = await withConnections((connections) => connections.configured(agent));
  const mode = await withReader((observer) => observer.status().permission?.mode ?? "off");
  const [command] = commands;
  const message =
    command === undefined
      ? `${agent} is not connected: nexus agents connect ${agent}.`
      : mode === "off"
        ? "Recording is off, so the hook writes nothing: nexus telemetry enable."
        : faultOf(command);
  if (json === true) printJson({ version: 2, agent, ok: message === null, message });
  else print(message ?? `The hook of ${agent} works.`);
  if (message !== null) process.exitCode = exitCodes.failed;
}

/** What keeps the hook from working. */
function faultOf(command: string): string | null {
  if (command.startsWith("http"))
    return "It posts to a port on loopback, as earlier versions had it. nexus agents connect replaces the entry.";
  return arrives(command)
    ? null
    : "The hook ran, and its line did not arrive. Is there awk, and may you write to state/events?";
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
