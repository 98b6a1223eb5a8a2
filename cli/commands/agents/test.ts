/** `nexus agents test`: runs the configured hook with a test payload, and checks its output. */
import { hookFault } from "../../../server/agents/hook-test.ts";
import { agentNamed, withConnections } from "../../agents.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { paths, withReader } from "../../runtime.ts";

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
        : hookFault(command, paths.agentHookLog);
  if (json === true) printJson({ version: 2, agent, ok: message === null, message });
  else print(message ?? `The hook of ${agent} works.`);
  if (message !== null) process.exitCode = exitCodes.failed;
}
