/** Agents as the command names them, and what is connected of them on this machine. */

import { Connections } from "../server/agents/connections.ts";
import { SettingsError } from "../server/agents/settings.ts";
import { homeFolder } from "../server/config/home.ts";
import { type AgentName, agentNames } from "../shared/protocol/agents.ts";
import { didYouMean } from "../shared/text/did-you-mean.ts";
import { UsageError } from "./exit.ts";
import { paths } from "./runtime.ts";

/** @throws UsageError of what is wrong with an agent's settings. */
export async function withConnections<T>(work: (connections: Connections) => T | Promise<T>): Promise<T> {
  try {
    return await work(new Connections(paths, homeFolder(), process.env));
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}

/** Names as they were given; without any, those of agents that `fits`. @throws UsageError */
export function agentsNamed(given: readonly string[], fitting: readonly AgentName[]): readonly AgentName[] {
  return given.length === 0 ? fitting : given.map(agentNamed);
}

/** @throws UsageError */
export function agentNamed(given: string): AgentName {
  const found = agentNames.find((name) => name === given.toLowerCase().replaceAll("-", "_"));
  if (found !== undefined) return found;
  const hint = didYouMean(given, agentNames) || ` There are ${agentNames.join(", ")}.`;
  throw new UsageError(`There is no agent ${given}.${hint}`);
}
