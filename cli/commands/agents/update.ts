/** `nexus agents update`: replaces hooks of an earlier version once the change is confirmed. */
import { agentsNamed, withConnections } from "../../agents.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { applyChanges } from "./connect.ts";

interface UpdateOptions extends JsonOption {
  readonly yes?: boolean;
}

export async function run(names: readonly string[], { yes = false, json = false }: UpdateOptions): Promise<void> {
  const outdated = await withConnections((connections) =>
    connections
      .list()
      .filter((agent) => agent.outdated)
      .map(({ name }) => name),
  );
  const agents = agentsNamed(names, outdated).filter((name) => outdated.includes(name));
  if (agents.length > 0) return applyChanges(agents, { yes, json });
  if (json) printJson({ version: 1, connected: [] });
  else print("All connected hooks are up to date.");
}
