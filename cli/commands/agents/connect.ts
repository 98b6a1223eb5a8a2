/** `nexus agents connect`: shows the exact settings change and applies it once confirmed. */
import type { Connections, SettingsChange } from "../../../server/agents/connections.ts";
import { SettingsError } from "../../../server/agents/settings.ts";
import type { AgentName } from "../../../shared/protocol/agents.ts";
import { agentsNamed, withConnections } from "../../agents.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { confirmed, isAttended, styled } from "../../output/terminal.ts";
import { withReader } from "../../runtime.ts";
import { connectOtel } from "./connect-otel.ts";

interface ConnectOptions extends JsonOption {
  readonly yes?: boolean;
  readonly otel?: boolean;
  readonly acceptRisk?: boolean;
}

export async function run(
  names: readonly string[],
  { yes = false, json = false, otel = false, acceptRisk = false }: ConnectOptions,
): Promise<void> {
  const agents = await withConnections((connections) => selectAgents(connections, names));
  if (otel) return connectOtel(agents, { yes, json, acceptRisk });
  await applyChanges(agents, { yes, json });
}

/** Shows each change, asks and applies it. @throws UsageError with a sentence for each agent that could not be connected. */
export async function applyChanges(
  agents: readonly AgentName[],
  { yes = false, json = false }: { readonly yes?: boolean; readonly json?: boolean },
): Promise<void> {
  // A connection of an earlier version gets this version's script, whatever the user answers.
  await withReader(() => undefined);
  const connected: AgentName[] = [];
  const problems: string[] = [];
  await withConnections(async (connections) => {
    for (const name of agents) {
      try {
        if (await connectOne(connections, name, { yes, json })) connected.push(name);
      } catch (error) {
        // The others are connected all the same.
        if (!(error instanceof SettingsError)) throw error;
        problems.push(error.message);
      }
    }
  });
  if (json) printJson({ version: 1, connected });
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
}

/** Returns whether it connected the agent. @throws SettingsError, UsageError */
async function connectOne(
  connections: Connections,
  name: AgentName,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<boolean> {
  const title = connections.titleOf(name);
  const change = connections.planConnect(name);
  if (change === undefined) {
    if (!json) print(`${title} is already connected.`);
    return false;
  }
  if (!json) show(title, change);
  if (!yes && !isAttended()) throw new UsageError("Not a terminal: use --yes.");
  if (!yes && !(await confirmed("\nApply this change?"))) {
    print("Nothing was changed.");
    return false;
  }
  connections.connect(change);
  if (!json) {
    print(`${title} is connected. To undo: nexus agents disconnect ${name}`);
    const approval = connections.approvalOf(name);
    if (approval !== null) print(approval);
  }
  return true;
}

/** Returns the named agents, or all installed ones. @throws UsageError if there are none. */
function selectAgents(connections: Connections, names: readonly string[]): readonly AgentName[] {
  const installed = connections
    .list()
    .filter((agent) => agent.installed)
    .map(({ name }) => name);
  const agents = agentsNamed(names, installed);
  if (agents.length === 0)
    throw new UsageError("No installed agents found. Name an agent (for names: nexus agents list).");
  return agents;
}

/** Prints the removed and added lines; all other bytes stay unchanged. */
function show(title: string, { agent, before, lines, removed }: SettingsChange): void {
  print(`${title}: ${agent.file} will be ${before === null ? "created with" : "changed"}:`);
  for (const line of removed) print(styled("red", `  - ${line}`));
  for (const line of lines) print(styled("green", `  + ${line}`));
}
