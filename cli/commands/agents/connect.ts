/** `nexus agents connect`: shows the exact settings change and applies it once confirmed. */
import type { Connections, SettingsChange } from "../../../server/agents/connections.ts";
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

/** Shows each change, asks and applies it. */
export async function applyChanges(
  agents: readonly AgentName[],
  { yes = false, json = false }: { readonly yes?: boolean; readonly json?: boolean },
): Promise<void> {
  // A connection of an earlier version gets this version's script, whatever the user answers.
  await withReader(() => undefined);
  const connected: string[] = [];
  for (const { title, change } of await planChanges(agents)) {
    if (change === undefined) {
      if (!json) print(`${title} is already connected.`);
      continue;
    }
    if (!json) show(title, change);
    if (!yes) {
      if (!isAttended()) throw new UsageError("Not a terminal: use --yes.");
      if (!(await confirmed("\nApply this change?"))) {
        print("Nothing was changed.");
        continue;
      }
    }
    await withConnections((connections) => connections.connect(change));
    connected.push(change.agent.name);
    if (json) continue;
    print(`${title} is connected. To undo: nexus agents disconnect ${change.agent.name}`);
    const approval = await withConnections((connections) => connections.approvalOf(change.agent.name));
    if (approval !== null) print(approval);
  }
  if (json) printJson({ version: 1, connected });
}

interface PlannedChange {
  readonly title: string;
  readonly change: SettingsChange | undefined;
}

function planChanges(names: readonly AgentName[]): Promise<readonly PlannedChange[]> {
  return withConnections((connections) =>
    names.map((name) => ({
      title: connections.titleOf(name),
      change: connections.planConnect(name),
    })),
  );
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
