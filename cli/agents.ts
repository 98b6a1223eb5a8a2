/** Parses agent names and opens the agent connections, for the `nexus agents` commands. */

import { Connections } from "../server/agents/connections.ts";
import { SettingsError } from "../server/agents/settings.ts";
import { homeFolder } from "../server/config/home.ts";
import { type AgentName, agentNames } from "../shared/protocol/agents.ts";
import { didYouMean } from "../shared/text/did-you-mean.ts";
import { errorCode } from "../shared/text/error-code.ts";
import { UsageError } from "./exit.ts";
import { paths } from "./runtime.ts";

/** Runs `work` with the connections. @throws UsageError if an agent's settings cannot be used. */
export async function withConnections<T>(work: (connections: Connections) => T | Promise<T>): Promise<T> {
  try {
    return await work(new Connections(paths, homeFolder(), process.env));
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}

/** Disconnects agents. One that fails does not keep the others. Returns a sentence for each that failed. */
export function disconnectEach(connections: Connections, names: readonly AgentName[]): readonly string[] {
  return names.flatMap((name) => {
    try {
      if (connections.configured(name).length > 0) connections.disconnect(name);
      return [];
    } catch (error) {
      const reason = errorCode(error) ?? "unknown error";
      return [error instanceof SettingsError ? error.message : `${connections.titleOf(name)}: ${reason}`];
    }
  });
}

/** Returns the agents with these names, or `defaults` without names. @throws UsageError */
export function agentsNamed(names: readonly string[], defaults: readonly AgentName[]): readonly AgentName[] {
  return names.length === 0 ? defaults : names.map(agentNamed);
}

/** @throws UsageError */
export const agentNamed = (text: string): AgentName => oneNamed(text, agentNames);

/** Returns the one of some names that is meant. @throws UsageError */
export function oneNamed<T extends string>(text: string, names: readonly T[], kind = "agent"): T {
  const found = names.find((name) => name === text.toLowerCase().replaceAll("-", "_"));
  if (found !== undefined) return found;
  const hint = didYouMean(text, names) || ` Valid values: ${names.join(", ")}.`;
  throw new UsageError(`Unknown ${kind}: ${text}.${hint}`);
}
